import Sequencer from '@jest/test-sequencer';

/** Files that take minutes, the longest first: begun last, one of two workers would be at them alone while the other is done. */
const slow = ['crash-replay', 'crash', 'crash-events', 'chaos'];

const rank = ({ path }) => {
  const place = slow.findIndex((name) => path.endsWith(`test/pipeline/${name}.test.ts`));
  return place === -1 ? slow.length : place;
};

export default class SlowFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}
