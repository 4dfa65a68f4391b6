/** The document of what a delivery wrote. */
import type { Manifest } from './model.ts';

export const parseManifest = (bytes: Uint8Array): Manifest =>
  JSON.parse(new TextDecoder().decode(bytes)) as Manifest;

export const formatManifest = (manifest: Manifest): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(manifest));
