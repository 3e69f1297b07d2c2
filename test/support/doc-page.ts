/** A page of docs/ as its tests see it: tables, examples, and the words that the code really says. */
import { globSync, readFileSync } from 'node:fs'
import { parseConfig } from '@minewarden/edge/config.ts'
import { DriverConfig } from '@minewarden/hardware/registry.ts'
import { expect } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
/** A file of the repository. */
export const readText = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')

export const sectionOf = (page: string, heading: string): string =>
  page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''

/** The first column of the tables that these words head. */
export function firstColumn(text: string, head: string): string[] {
  const tables = text.split(/\n\n+/).filter((paragraph) => paragraph.startsWith(`| ${head} |`))
  return tables.flatMap((table) =>
    table
      .split('\n')
      .slice(2)
      .map((row) => row.split('|')[1] ?? ''),
  )
}

/** What stands in backticks. */
export const quoted = (cells: readonly string[]): string[] =>
  cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((m) => m[1]!))

export const examplesOf = (page: string): object[] =>
  [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json!) as object)

/** Whole configurations and single drivers alike. */
export function expectTaken(example: object): void {
  if ('gateway' in example) expect(() => parseConfig(example)).not.toThrow()
  else expect(DriverConfig.safeParse(example).error?.issues ?? [], JSON.stringify(example)).toEqual([])
}

let said: string | null = null

/** All that the gateway's code can say; templates and quotes that break a sentence there do not break it for the reader. */
export function saidByGateway(): string {
  const files = () => globSync(['hardware/**/*.ts', 'edge/**/*.ts'], { cwd: ROOT, exclude: ['**/node_modules/**'] })
  said ??= files()
    .map(readText)
    .join('\n')
    .replaceAll(/\$\{[^}]*\}/g, '…')
  return said
}

/** Parts of these quotes that nothing in the code says; `…` stands for anything. */
export function unsaid(quotes: readonly string[]): string[] {
  const parts = quotes.flatMap((quote) => quote.split('…')).map((part) => part.replace(/^[\s"]+|[\s"]+$/g, ''))
  return parts.filter((part) => part.length > 1 && !saidByGateway().includes(part))
}

/** Every text of a drawing, as it is read. */
export const textsOf = (image: string): string[] =>
  [...readText(`docs/images/${image}`).matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!)
