import { readFileSync } from 'node:fs'
import { ConfigSchema as CloudConfig, parseConfig as parseCloud } from '@minewarden/cloud/config.ts'
import { GatewayConfig, parseConfig as parseGateway } from '@minewarden/edge/config.ts'
import { parseConfig as parseUtility, Config as UtilityConfig } from '@minewarden/utility/config.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const section = (name: string, heading: string) => page(name).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''

interface JsonSchema {
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
}

/** Every key that a value of the schema may have, as a path: `sites[].meter.sensor`. */
function keysOf(schema: z.ZodType): Set<string> {
  const walk = (node: JsonSchema, path: string): string[] => {
    const variants = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]
    const below = [
      ...variants.flatMap((variant) => walk(variant, path)),
      ...(node.items ? walk(node.items, `${path}[]`) : []),
      ...Object.entries(node.properties ?? {}).flatMap(([key, value]) => walk(value, path ? `${path}.${key}` : key)),
    ]
    // A variant without keys of its own, such as `null`, is not a key beside the ones of its siblings.
    const deeper = below.filter((key) => key !== path)
    return deeper.length > 0 ? deeper : [path]
  }
  return new Set(walk(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, ''))
}

/** The keys that a page's tables of fields explain: all that stands in backticks in the first column. */
function keysExplained(text: string): Set<string> {
  const tables = text.split(/\n\n+/).filter((paragraph) => paragraph.trim().startsWith('| field |'))
  const cells = tables
    .join('\n')
    .split('\n')
    .flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1] ?? ''] : []))
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, key]) => key ?? '')))
}

const exampleIn = (text: string): unknown => JSON.parse(text.split('```json\n')[1]?.split('\n```')[0] ?? '')

describe.each([
  [
    'a gateway',
    section('technician.md', 'Configure') + section('configuration.md', "A gateway's devices"),
    GatewayConfig,
    parseGateway,
  ],
  ['the fleet manager', section('configuration.md', 'The fleet manager'), CloudConfig, parseCloud],
  ['the power company', section('configuration.md', 'The reference power company'), UtilityConfig, parseUtility],
] as const)('the page on the configuration of %s', (_what, text, schema, parse) => {
  it('explains every key that there is, and none that there is not', () => {
    expect([...keysExplained(text)].sort()).toEqual([...keysOf(schema as z.ZodType)].sort())
  })

  it('shows an example that the program takes', () => {
    expect(() => parse(exampleIn(text))).not.toThrow()
  })
})
