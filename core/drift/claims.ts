/** Findings about columns that a field reads. */
import { type Case, FEW, type Look, present } from './case.ts';
import type { Looked } from './detect.ts';
import { values } from './listed.ts';
import type { Finding } from './model.ts';
import { counted } from './profile.ts';
import { format, retyped, widened } from './readings.ts';
import { distribution, nulls } from './shifts.ts';

/** In this order, up to the first that says something: what follows from it is no finding of its own. */
const ofValues: readonly Look[] = [format, widened, values, retyped, distribution];

/** Findings about columns that a field reads. */
export function claims({ contract, claimed, history }: Looked): Finding[] {
  return [...claimed].flatMap(([field, column]) => {
    const { type } = field;
    if (type.is === 'list' || type.is === 'object') return [];
    const counts = counted(column.values);
    const one: Case = { field, type, column, before: history?.fields[field.name], contract, counts };
    const missing = nulls(one);
    if (present(column.profile) < FEW) return missing ? [missing] : [];
    for (const look of ofValues) {
      const found = look(one);
      if (found) return missing ? [missing, found] : [found];
    }
    return missing ? [missing] : [];
  });
}
