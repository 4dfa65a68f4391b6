/** EventBridge Scheduler on one machine: sends what schedules say when it is due. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setImmediate as turnOver } from 'node:timers/promises';
import { lastTime, nextTimes } from '../core/schedule/times.ts';
import type { ClockOptions, Logger } from './model.ts';
import type { Schedule } from './topology/model.ts';

/** However far away the next time is: machines sleep, and their clocks are set. */
const LOOK_MS = 30_000;

const DUE = '<aws.scheduler.scheduled-time>';

export interface ClockParts extends ClockOptions {
  readonly schedules: readonly Schedule[];
  /** Where it is kept until when each schedule was looked at. */
  readonly file: string;
  readonly send: (queueArn: string, body: string) => void;
  readonly log: Logger;
}

/** Schedule → until when what was due has been sent. ISO text. */
type Looked = Record<string, string>;

/**
 * What was missed while nobody was there is sent once, late, however often it was due; the function at the other end
 * decides what that is worth. A clock that was set or goes faster has no past, and its runs are no real clock's: they
 * are told apart by when it was started.
 */
export class Clock {
  readonly #parts: ClockParts;
  readonly #began = Date.now();
  readonly #isReal: boolean;
  readonly #looked: Looked;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: ClockParts) {
    this.#parts = parts;
    this.#isReal = parts.start === undefined && (parts.speed ?? 1) === 1;
    this.#looked = this.#isReal ? readLooked(parts.file) : {};
    void this.#tick();
  }

  /** What this clock shows. */
  now(): Date {
    const { start, speed = 1 } = this.#parts;
    const passed = (Date.now() - this.#began) * speed;
    return new Date((start?.getTime() ?? this.#began) + passed);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #tick(): Promise<void> {
    const { schedules, speed = 1, log } = this.#parts;
    const now = this.now();
    try {
      for (const schedule of schedules) this.#look(schedule, now);
      // What was sent is kept at the end of this turn: only then may it be forgotten here.
      await turnOver();
      if (this.#isReal) this.#keep();
    } catch (error) {
      log.error('clock', { error });
    }
    if (this.#stopped) return;
    const next = schedules.flatMap(({ when }) => nextTimes(when, now, 1)).map((time) => time.getTime());
    const wait = (Math.min(...next) - this.now().getTime()) / speed;
    this.#timer = setTimeout(() => void this.#tick(), Math.max(1, Math.min(wait, LOOK_MS)));
  }

  #look({ name, when, queueArn, input }: Schedule, now: Date): void {
    const before = this.#looked[name];
    this.#looked[name] = now.toISOString();
    // New here, or the machine's clock was set back: nothing of what has passed is its.
    if (before === undefined || before > now.toISOString()) return;
    const due = lastTime(when, now)?.toISOString();
    if (due === undefined || due <= before) return;
    const said = JSON.parse(input.replaceAll(DUE, due)) as object;
    const as = this.#isReal ? {} : { as: `clock-${this.#began.toString(36)}` };
    this.#parts.send(queueArn, JSON.stringify({ ...said, ...as }));
  }

  #keep(): void {
    const { file } = this.#parts;
    writeFileSync(`${file}.tmp`, JSON.stringify(this.#looked, undefined, 2));
    renameSync(`${file}.tmp`, file);
  }
}

function readLooked(file: string): Looked {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Looked;
  } catch {
    return {};
  }
}
