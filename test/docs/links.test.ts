import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGES = [
  ...['README.md', 'README.zh-CN.md'],
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8')

describe('the pages', () => {
  it.each(PAGES)('%s links to files that are there', (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '')
    const files = targets.filter((target) => !/^[a-z]+:/.test(target)).map((target) => target.split('#')[0] ?? '')
    expect(files.filter((file) => !existsSync(join(ROOT, dirname(page), file)))).toEqual([])
  })

  it('are each reached from the README', () => {
    const reached = new Set([...read('README.md').matchAll(/\]\((docs\/[^)\s#]+)/g)].map(([, target]) => target))
    expect(PAGES.filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([])
  })

  it('show every picture that there is', () => {
    const text = PAGES.map(read).join('\n')
    expect(readdirSync(join(ROOT, 'docs/images')).filter((name) => !text.includes(`images/${name})`))).toEqual([])
  })

  it('name only npm scripts and commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const program = readFileSync(join(ROOT, 'cli/main.ts'), 'utf8')
    for (const page of PAGES) {
      for (const [, script] of read(page).matchAll(/\bnpm run ([\w-]+)/g)) expect(scripts, page).toHaveProperty(script!)
      for (const [, command] of read(page).matchAll(/npx minewarden (\w+)/g)) {
        expect(program, `${page}: ${command}`).toContain(`.command('${command}')`)
      }
    }
  })

  it('of the README in both languages show the same commands, pictures and tables', () => {
    const shape = (page: string) => {
      const text = read(page)
      const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code]) => code)
      const rows = text.split('\n').filter((line) => line.startsWith('|')).length
      const links = [...text.matchAll(/\]\((docs\/[^)\s]+)\)/g)].map(([, to]) => to?.replace(/\.(zh|en)\./, '.'))
      return { blocks, rows, links }
    }
    expect(shape('README.zh-CN.md')).toEqual(shape('README.md'))
  })

  it('of the README fit two screens', () => {
    for (const page of ['README.md', 'README.zh-CN.md']) expect(read(page).split('\n').length, page).toBeLessThan(90)
  })
})
