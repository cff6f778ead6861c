/** What the checker says where it cannot follow a claim: the checkpoint may still be right, but it has not been shown to be. */
export class Unproven extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'Unproven';
  }
}
