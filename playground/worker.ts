/** The worker of the playground: answers one question after the other, and says what it is doing. */
import { faultText } from '../src/page/client/fault-text.ts';
import { Desk } from './answers.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

let desk: Desk | null = null;

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if ('equipment' in data) desk = new Desk(data.equipment);
  else if (desk !== null) postMessage(answerOf(desk, data));
});

function answerOf(at: Desk, asked: Exclude<ToWorker, { equipment: unknown }>): FromWorker {
  const { id } = asked;
  try {
    switch (asked.kind) {
      case 'check':
        return { id, answer: at.check(asked.question) };
      case 'complete':
        return { id, answer: at.complete(asked.question) };
      case 'hover':
        return { id, answer: at.hover(asked.question) };
      case 'draw':
        return { id, answer: at.draw(asked.question) };
      case 'compile':
        return { id, answer: at.compile(asked.question, (stage) => postMessage({ id, stage } satisfies FromWorker)) };
    }
  } catch (fault) {
    return { id, fault: faultText(fault) };
  }
}
