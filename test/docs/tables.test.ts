import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ERROR_TABLES, pages } from '../../scripts/docs.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

describe('the tables in docs/', () => {
  it.each(['errors.md', 'openapi.json', 'protocol.md', 'history.md'])(
    '%s says what the code says (npm run docs rewrites it)',
    (name) => {
      expect(page(name)).toBe(pages(page)[name])
    },
  )

  it('give every code its meaning, and no code twice in a package', () => {
    for (const [name, table] of Object.entries(ERROR_TABLES)) {
      const section = page('errors.md').split(`## ${name}\n`)[1]?.split('\n## ')[0] ?? ''
      for (const code of Object.keys(table)) {
        expect(section.split(`| \`${code}\` |`).length - 1, `${name} ${code}`).toBe(1)
      }
    }
  })
})
