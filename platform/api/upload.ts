/** Addresses to upload to, which hold for one object, one size and one type. */
import aws4 from 'aws4';
import type { UploadRequest } from '../../core/api/files.ts';
import type { Env } from '../aws.ts';
import { credentialsOf } from '../signed-request.ts';

const EXPIRES_S = 900;

/** What `encodeURIComponent` leaves as it is, and a signature does not. */
const encoded = (segment: string): string =>
  encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function addressOf(env: Env, bucket: string, key: string): URL {
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const base = endpoint ? `${endpoint}/${bucket}` : `https://${bucket}.s3.${env.AWS_REGION}.amazonaws.com`;
  return new URL(`${base}/${key.split('/').map(encoded).join('/')}`);
}

/**
 * Presigns a PUT. Its headers are part of the signature: S3 refuses a body of another length or type.
 * @example presign(env, 'landing', { key: 'landing/retailos/stores/a.csv', size: 12, type: 'text/csv' }, new Date())
 */
export function presign(env: Env, bucket: string, { key, size, type }: UploadRequest, now: Date) {
  const address = addressOf(env, bucket, key);
  address.searchParams.set('X-Amz-Expires', String(EXPIRES_S));
  address.searchParams.set('X-Amz-Date', now.toISOString().replace(/[:-]|\.\d{3}/g, ''));
  const headers = { 'content-type': type, 'content-length': String(size) };
  const asked = { method: 'PUT', service: 's3', region: env.AWS_REGION, host: address.host, headers };
  const path = `${address.pathname}${address.search}`;
  const signed = aws4.sign({ ...asked, path, signQuery: true }, credentialsOf(env));
  const expires = new Date(now.getTime() + EXPIRES_S * 1000).toISOString();
  return { method: 'PUT', url: new URL(signed.path!, address).href, headers, key, expires_at: expires };
}
