import { WharfError } from '../../core/errors.ts';

/** The error for a service that could not listen; whatever is not a taken port is passed on as it is. */
export function portInUse(port: number, option: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') return cause;
  return new WharfError(`Port ${port} is taken by another program`, {
    code: 'local.port_in_use',
    fix: `Stop that program, or choose another port with \`${option}\` (0 picks a free one).`,
    route: 'usage',
    cause,
  });
}
