import { readFileSync } from 'node:fs'
import { CLOUD_ERRORS } from '@minewarden/cloud/errors.ts'
import { EDGE_ERRORS } from '@minewarden/edge/errors.ts'
import { HARDWARE_ERRORS } from '@minewarden/hardware/errors.ts'
import { PROTOCOL_ERRORS } from '@minewarden/protocol/errors.ts'
import { UTILITY_ERRORS } from '@minewarden/utility/errors.ts'
import { describe, expect, it } from 'vitest'
import { CLI_ERRORS } from '../../cli/errors.ts'

type Table = Record<string, string | readonly [number, string]>
const PACKAGES: Record<string, Table> = {
  protocol: PROTOCOL_ERRORS,
  hardware: HARDWARE_ERRORS,
  edge: EDGE_ERRORS,
  cloud: CLOUD_ERRORS,
  utility: UTILITY_ERRORS,
  cli: CLI_ERRORS,
}

/** Rows `| \`code\` | status | meaning |` under each heading `## package`. */
function documented(): Record<string, Table> {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const tables: Record<string, Table> = {}
  for (const section of page.split(/^## /m).slice(1)) {
    const name = section.slice(0, section.indexOf('\n')).trim()
    const table: Table = {}
    for (const [, code, status, meaning] of section.matchAll(/^\| `([\w-]+)` \| (\d*) ?\| (.+?) \|$/gm)) {
      table[code as string] = status ? [Number(status), meaning as string] : (meaning as string)
    }
    tables[name] = table
  }
  return tables
}

describe('docs/errors.md', () => {
  it.each(Object.keys(PACKAGES))('lists exactly the codes of %s, each with its meaning and status', (name) => {
    expect(documented()[name]).toEqual({ ...PACKAGES[name] })
  })

  it('names no package that has no codes', () => {
    expect(Object.keys(documented()).sort()).toEqual(Object.keys(PACKAGES).sort())
  })
})
