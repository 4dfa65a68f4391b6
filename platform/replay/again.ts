/** What an object that landed again says of itself, beside its bytes. */
import * as z from 'zod/mini';
import type { Contract } from '../../core/contract/model.ts';
import type { SeenObject } from '../objects.ts';
import { withAliases } from './aliases.ts';

/** The delivery it was first. */
export const ORIGIN = 'wharf-origin';
/** Names that fields go by in it: JSON, form-encoded, as these words are ASCII. */
export const NAMES = 'wharf-names';

type Said = Pick<SeenObject, 'metadata'>;

/** The delivery an object was before somebody landed it again. */
export const originOf = ({ metadata = {} }: Said): string | undefined => metadata[ORIGIN];

const aliases = z.record(z.string(), z.array(z.string()));

/** A contract with the names that an object's columns have by somebody's word. */
export function namedIn(contract: Contract, { metadata = {} }: Said): Contract {
  const names = metadata[NAMES];
  if (names === undefined) return contract;
  try {
    return withAliases(contract, aliases.parse(JSON.parse(decodeURIComponent(names))));
  } catch {
    // Not Wharf's own words: then the file is what its header says.
    return contract;
  }
}
