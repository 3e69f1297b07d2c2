import { z } from 'zod'
import { CLOUD_ERRORS } from '../../errors.ts'
import type { Operation, Operations } from './operation.ts'
import { PATH_PARAMETERS } from './parameters.ts'

/**
 * The API as an OpenAPI 3.1 document, made of the very schemas that requests are checked with and that tests hold every
 * answer to. @see https://spec.openapis.org/oas/v3.1.1
 */
type Json = { readonly [name: string]: unknown }

const ErrorAnswer = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(Object.keys(CLOUD_ERRORS) as [string, ...string[]]),
      message: z.string(),
      problems: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    }),
  })
  .meta({ id: 'Error', description: 'What went wrong; docs/errors.md lists every code' })

const WHO = {
  anyone: 'Needs no session.',
  reader: 'Needs a session, unless reading is public.',
  person: 'Needs a session.',
  officer: 'Needs a session with a role that acts, and a request from our own pages (`Sec-Fetch-Site`, or `Origin`).',
  supplier: "Needs no session: the body is signed with the supplier's key.",
} as const

/** @param version of the software */
export function openApiDocument(operations: Operations, version: string): Json {
  const components = createComponents()
  const paths: Record<string, Record<string, Json>> = {}
  for (const [address, operation] of Object.entries(operations)) {
    const [method, path] = address.split(' ') as [string, string]
    const template = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[template] = { ...paths[template], [method.toLowerCase()]: operationObject(address, operation, components) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Minewarden fleet manager',
      version,
      description: 'Sites, findings, probes, cut-off orders, evidence and the audit log. Times are ISO 8601, UTC.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: components.schemas,
      responses: {
        Error: {
          description: 'Not done',
          content: { 'application/json': { schema: components.of(ErrorAnswer, 'output') } },
        },
      },
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'minewarden-session' } },
    },
  }
}

function operationObject(address: string, operation: Operation, components: Components): Json {
  const { summary, who, query, body, bodyMedia = 'application/json', answers } = operation
  const names = [...address.matchAll(/:(\w+)/g)].map(([, name]) => name as string)
  const responses = Object.entries(answers).map(([status, { what, schema, media }]) => {
    const content = {
      ...(schema ? { 'application/json': { schema: components.of(schema, 'output') } } : {}),
      ...(media ? { [media]: { schema: { type: 'string' } } } : {}),
    }
    return [status, { description: what, ...(schema || media ? { content } : {}) }] as const
  })
  return {
    operationId: address
      .replace('/api/v1', '')
      .replaceAll(/[^A-Za-z0-9]+/g, '-')
      .replace(/-$/, ''),
    summary,
    description: WHO[who],
    ...(who === 'anyone' || who === 'supplier'
      ? {}
      : { security: who === 'reader' ? [{}, { session: [] }] : [{ session: [] }] }),
    ...(names.length + (query ? 1 : 0) > 0
      ? { parameters: [...names.map((name) => pathParameter(name, components)), ...queryParameters(query, components)] }
      : {}),
    ...(body
      ? { requestBody: { required: true, content: { [bodyMedia]: { schema: components.of(body, 'input') } } } }
      : {}),
    responses: { ...Object.fromEntries(responses), default: { $ref: '#/components/responses/Error' } },
  }
}

const pathParameter = (name: string, components: Components): Json => ({
  ...{ name, in: 'path', required: true },
  schema: components.of(PATH_PARAMETERS[name] ?? z.string(), 'input'),
})

function queryParameters(query: z.ZodType | undefined, components: Components): Json[] {
  if (!query) return []
  const { properties = {}, required = [] } = components.of(query, 'input') as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', required: required.includes(name), schema },
  }))
}

interface Components {
  readonly schemas: Record<string, unknown>
  of(schema: z.ZodType, io: 'input' | 'output'): Json
}

/** Schemas with a name of their own are gathered once, and referred to. */
function createComponents(): Components {
  const schemas: Record<string, unknown> = {}
  return {
    schemas,
    of(schema, io) {
      const { $schema: _dialect, $defs = {}, id: _id, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
      for (const [name, definition] of Object.entries($defs)) schemas[name] = referring(withoutId(definition))
      const name = z.globalRegistry.get(schema)?.id
      if (name === undefined) return referring(own) as Json
      schemas[name] = referring(own)
      return { $ref: `#/components/schemas/${name}` }
    },
  }
}

const withoutId = ({ id: _id, ...definition }: Json): Json => definition

/** `#/$defs/Site` of a schema by itself is `#/components/schemas/Site` here. */
function referring(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(referring)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      name === '$ref' && typeof each === 'string' ? each.replace('#/$defs/', '#/components/schemas/') : referring(each),
    ]),
  )
}
