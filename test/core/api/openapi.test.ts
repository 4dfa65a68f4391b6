import { describe, expect, it } from '@jest/globals';
import { readUpload, uploadTypes } from '../../../core/api/files.ts';
import { openApi } from '../../../core/api/openapi.ts';
import { page } from '../../../core/api/page.ts';
import { routes } from '../../../core/api/routes.ts';
import { datasets } from '../../../datasets/index.ts';

const document = openApi(datasets, '1.2.3') as {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: object; security?: unknown }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
};

describe('the OpenAPI document', () => {
  it('has a way to post for every dataset, and every other route', () => {
    const paths = [
      ...datasets.map(({ domain, dataset }) => `/v1/${domain}/${dataset}`),
      ...Object.values(routes).map(({ path }) => path),
    ].filter((path) => path !== '/v1/{domain}/{dataset}');
    expect(Object.keys(document.paths)).toEqual(paths);
    expect(Object.keys(document.paths['/v1/retailos/stores']!.post!.responses)).toEqual(
      expect.arrayContaining(['202', '207', '400', '401', '403', '404', '413', '415', '422', '429', '500']),
    );
  });

  it('refers to nothing that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(refs.length).toBeGreaterThan(50);
    for (const [, name] of refs) expect(document.components.schemas).toHaveProperty([name!]);
  });

  it('is a page to read, in which no text becomes markup and nothing is fetched', () => {
    const html = page(openApi(datasets, '<script>alert(1)</script>'));
    expect(html).toContain('&lt;script&gt;alert(1)');
    for (const { name } of datasets) expect(html).toContain(`id="${name}"`);
    expect(html).not.toMatch(/<script|https?:|src=|@import/);
  });
});

describe('asking for an upload', () => {
  const ask = (asked: object) =>
    readUpload(
      'retailos.stores',
      JSON.stringify({ name: 'a.csv', size: 12, type: 'text/csv', ...asked }),
      1000,
    );

  it('names where the file lands', () => {
    expect(ask({ name: 'north/été 1.csv' })).toEqual({
      key: 'landing/retailos/stores/north/été 1.csv',
      size: 12,
      type: 'text/csv',
    });
    for (const type of uploadTypes) expect(ask({ type }).type).toBe(type);
  });

  it.each([
    ...[
      '',
      '../../other/x.csv',
      'a/../b',
      'a//b',
      '/a',
      'a\\b',
      '%2e%2e/a',
      'a\n',
      '\ud800',
      'x'.repeat(201),
      5,
      null,
    ],
  ])('refuses the name %p', (name) => expect(() => ask({ name })).toThrow(/name must be/));

  it.each([0, -1, 1.5, '12', null, Number.NaN])('refuses the size %p', (size) =>
    expect(() => ask({ size })).toThrow(/size must be/),
  );

  it('refuses what is too large, of another type, or no JSON', () => {
    expect(() => ask({ size: 1001 })).toThrow(expect.objectContaining({ code: 'api.too-large' }));
    expect(() => ask({ type: 'text/html' })).toThrow(/type must be one of/);
    for (const text of ['', '{', 'null', '[]', '"x"']) expect(() => readUpload('a.b', text, 1)).toThrow();
  });
});
