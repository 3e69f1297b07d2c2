// Rewrites the tables in docs/ that follow the code: `npm run docs`. test/docs holds them to it.
import { readFileSync, writeFileSync } from 'node:fs'
import { READING_KINDS } from '@minewarden/protocol/reading.ts'
import { CLI_ERRORS } from '../cli/errors.ts'
import { CLOUD_ERRORS } from '../cloud/errors.ts'
import { openApi } from '../cloud/http/openapi-routes.ts'
import { EDGE_ERRORS } from '../edge/errors.ts'
import { HARDWARE_ERRORS } from '../hardware/errors.ts'
import { PROTOCOL_ERRORS } from '../protocol/errors.ts'
import { UTILITY_ERRORS } from '../utility/errors.ts'
import { historyTables } from './history-tables.ts'

type ErrorTable = Record<string, string | readonly [number, string]>

/** Every package's closed list of error codes. */
export const ERROR_TABLES: Record<string, ErrorTable> = {
  protocol: PROTOCOL_ERRORS,
  hardware: HARDWARE_ERRORS,
  edge: EDGE_ERRORS,
  cloud: CLOUD_ERRORS,
  utility: UTILITY_ERRORS,
  cli: CLI_ERRORS,
}

const errorsPage = (): string =>
  [
    '# Errors',
    '',
    'Every error that a person or a program can meet has a code. Codes are stable; messages name what is wrong and may',
    'change. HTTP answers carry `{"error": {"code", "message", "problems"}}` with the status given here.',
    ...Object.entries(ERROR_TABLES).flatMap(([name, table]) => [
      '',
      `## ${name}`,
      '',
      '| code | status | meaning |',
      '|---|---|---|',
      ...Object.entries(table).map(([code, entry]) =>
        typeof entry === 'string' ? `| \`${code}\` |  | ${entry} |` : `| \`${code}\` | ${entry[0]} | ${entry[1]} |`,
      ),
    ]),
    '',
  ].join('\n')

const readingTables = (): string =>
  Object.entries(READING_KINDS)
    .flatMap(([kind, { group, perChannel, priority, fields }]) => [
      `### ${kind}`,
      '',
      `Metrics \`${group}/${perChannel ? '<channel>/' : ''}<Field>\`, priority ${priority}.`,
      '',
      '| field | type | unit |',
      '|---|---|---|',
      ...Object.entries(fields).map(([field, { type, unit }]) => `| \`${field}\` | ${type} | ${unit || '-'} |`),
      '',
    ])
    .join('\n')

/** A page with what stands between two marks of this name replaced. */
function between(page: string, mark: string, tables: string): string {
  const [before, after] = page.split(new RegExp(`<!-- ${mark} -->[\\s\\S]*<!-- /${mark} -->`))
  return `${before}<!-- ${mark} -->\n\n${tables}<!-- /${mark} -->${after}`
}

/** The pages as they should be now, by file name under docs/. */
export const pages = (current: (name: string) => string): Record<string, string> => ({
  'errors.md': errorsPage(),
  'openapi.json': `${JSON.stringify(openApi(), null, 1)}\n`,
  'protocol.md': between(current('protocol.md'), 'readings', readingTables()),
  'history.md': between(current('history.md'), 'schema', historyTables()),
})

if (import.meta.main) {
  const file = (name: string) => new URL(`../docs/${name}`, import.meta.url)
  for (const [name, text] of Object.entries(pages((page) => readFileSync(file(page), 'utf8')))) {
    writeFileSync(file(name), text)
    console.log(`docs/${name}`)
  }
}
