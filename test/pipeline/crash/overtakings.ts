import { beforeAll, describe, expect, it } from '@jest/globals';
import { after, enumerate, play, type Run, type Stage } from './enumerate.ts';
import { faults } from './faults.ts';
import type { Write } from './pipeline.ts';
import { LONG, shown } from './stage.ts';
import type { Story } from './stories.ts';

/**
 * Stories whose commits come in several orders: they end as one where the new content came last.
 * @param beginning what they all begin with, and no fault strikes
 */
export function overtakings(
  stories: Readonly<Record<string, Story>>,
  stage: Stage,
  beginning: Story = async () => {},
): void {
  describe.each(Object.entries(stories))('%s', (_how, story) => {
    let undisturbed: Run;
    beforeAll(async () => {
      undisturbed = await play(story, stage);
    });

    it('become the rows of the new content', () => {
      expect(undisturbed.outcome).toMatchObject({ ...shown, wrong: [] });
      expect(undisturbed.outcome.entries.filter(({ balanced }) => !balanced)).toEqual([]);
    });

    it.each(['a crash right after it', 'another worker that does everything before it'] as const)(
      'end the same whatever write of the commits meets %s',
      async (name) => {
        const isLater = await after(beginning, undisturbed, stage);
        const struck = (write: Write) => write.by === 'commit' && isLater(write);
        expect(await enumerate({ story, fault: faults[name], undisturbed, struck }, stage)).toEqual([]);
      },
      LONG,
    );
  });
}
