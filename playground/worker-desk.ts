/** A worker as promises. It can be stopped at any time: what was asked is then rejected, and the next question starts another worker. */
import type { Answers, Equipment, FromWorker, Kind, Questions } from './protocol.ts';

/** Why there is no answer: somebody did not want it any more. */
export class Stopped extends Error {}

interface Waiting {
  /** When it was asked, in milliseconds of the page's clock. */
  readonly since: number;
  readonly resolve: (answer: Answers[Kind]) => void;
  readonly reject: (fault: Error) => void;
  readonly onStage: (stage: string) => void;
}

export class WorkerDesk {
  readonly #url: string;
  readonly #equipment: Equipment;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #asked = 0;

  /** @param url of the worker's program: one in memory, so that no worker is ever fetched */
  constructor(url: string, equipment: Equipment) {
    this.#url = url;
    this.#equipment = equipment;
  }

  /** How long the oldest question has been waiting, in milliseconds. */
  get waits(): number {
    const [oldest] = this.#waiting.values();
    return oldest === undefined ? 0 : performance.now() - oldest.since;
  }

  ask<K extends Kind>(kind: K, question: Questions[K], onStage: (stage: string) => void = () => {}): Promise<Answers[K]> {
    const id = ++this.#asked;
    return new Promise<Answers[K]>((resolve, reject) => {
      this.#waiting.set(id, { since: performance.now(), resolve: resolve as Waiting['resolve'], reject, onStage });
      this.#start().postMessage({ id, kind, question });
    });
  }

  stop(): void {
    this.#end(new Stopped('stopped'));
  }

  #end(why: Error): void {
    this.#worker?.terminate();
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(why);
  }

  #start(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(this.#url);
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    worker.onerror = ({ message }) => this.#end(new Error(`the worker has stopped: ${message}`));
    worker.postMessage({ equipment: this.#equipment });
    this.#worker = worker;
    return worker;
  }

  #receive(data: FromWorker): void {
    const waiting = this.#waiting.get(data.id);
    if (waiting === undefined) return;
    if ('stage' in data) {
      waiting.onStage(data.stage);
      return;
    }
    this.#waiting.delete(data.id);
    if ('fault' in data) waiting.reject(new Error(data.fault));
    else waiting.resolve(data.answer);
  }
}
