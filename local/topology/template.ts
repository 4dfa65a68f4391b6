import { WharfError } from '../../core/errors.ts';

/** One resource of a CloudFormation template. Properties are resolved only when somebody reads them. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** The part of a CloudFormation template that the local cloud reads. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** Answers what only a running cloud knows: names, ARNs, URLs. Undefined where it has no answer. */
export interface World {
  ref(id: string, resource: Resource): string;
  attribute(id: string, resource: Resource, name: string): string | undefined;
}

/** A template's value with every intrinsic function replaced by what it stands for. */
export type Resolve = (value: unknown) => unknown;

const removed = Symbol('AWS::NoValue');

const pseudoParameters: Readonly<Record<string, unknown>> = {
  'AWS::AccountId': '000000000000',
  'AWS::Region': 'us-east-1',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'wharf',
  'AWS::StackId': 'arn:aws:cloudformation:us-east-1:000000000000:stack/wharf/local',
  'AWS::NoValue': removed,
};

const unsupported = (what: string) =>
  new WharfError(`The local cloud cannot read ${what} in the synthesized template`, {
    code: 'local.unsupported_template',
    fix: 'Write the stack without it, or teach local/topology/template.ts what it means.',
    route: 'usage',
  });

/**
 * Resolves the intrinsic functions CDK emits for names, ARNs and URLs.
 *
 * @throws WharfError `local.unsupported_template`, naming the function, when a value needs one it does not know
 * @example resolver(template, world)({ 'Fn::Join': ['-', ['a', { Ref: 'Bucket' }]] })
 */
export function resolver(template: Template, world: World): Resolve {
  const resource = (id: string): Resource => {
    const found = template.Resources[id];
    if (!found) throw unsupported(`the name "${id}", which no resource or parameter has,`);
    return found;
  };
  const ref = (id: string): unknown => {
    if (id in pseudoParameters) return pseudoParameters[id];
    const parameter = template.Parameters?.[id];
    return parameter ? parameter.Default : world.ref(id, resource(id));
  };
  const attribute = (id: string, name: string): string => {
    const value = world.attribute(id, resource(id), name);
    if (value === undefined) throw unsupported(`Fn::GetAtt ${id}.${name} of ${resource(id).Type}`);
    return value;
  };
  const substitute = (text: string, own: Readonly<Record<string, unknown>>): string =>
    text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in own) return String(resolve(own[name]));
      const dot = name.indexOf('.');
      return String(dot < 0 ? ref(name) : attribute(name.slice(0, dot), name.slice(dot + 1)));
    });

  const functions: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (id) => ref(id as string),
    'Fn::GetAtt': (path) => {
      const [id, ...name] = typeof path === 'string' ? path.split('.') : (path as string[]);
      return attribute(id!, name.join('.'));
    },
    'Fn::Join': (argument) => {
      const [separator, parts] = argument as [string, unknown];
      return (resolve(parts) as unknown[]).join(separator);
    },
    'Fn::Split': (argument) => {
      const [separator, text] = argument as [string, unknown];
      return String(resolve(text)).split(separator);
    },
    'Fn::Select': (argument) => {
      const [index, list] = argument as [number | string, unknown];
      return (resolve(list) as unknown[])[Number(index)];
    },
    'Fn::Sub': (argument) => {
      const [text, own = {}] = (Array.isArray(argument) ? argument : [argument]) as [
        string,
        Record<string, unknown>?,
      ];
      return substitute(text, own);
    },
  };

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== removed);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && name !== undefined && (name === 'Ref' || /^(Fn::|Condition$)/.test(name))) {
      const apply = functions[name];
      if (!apply) throw unsupported(name);
      return apply(argument);
    }
    return Object.fromEntries(
      entries.map(([key, item]) => [key, resolve(item)] as const).filter(([, item]) => item !== removed),
    );
  }
  return resolve;
}
