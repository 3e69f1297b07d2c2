import { DEFAULT_LAW } from '@minewarden/cloud/core/law/default-rules.ts'
import { readLaw } from '@minewarden/cloud/core/law/law-file.ts'
import { GATES } from '@minewarden/cloud/core/orders/gates.ts'
import { describe, expect, it } from 'vitest'
import { examplesOf, quoted, readText } from '../support/doc-page.ts'

const page = readText('docs/cut-off-gates.md')
const rowsUnder = (heading: string): string[][] => {
  const section = page.split(new RegExp(`\n#{2,3} ${heading}\n`))[1]?.split('\n#')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `') || /^\| [ABC] \|/.test(line))
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
const gates = rowsUnder('Gates')

describe('the page of the gates', () => {
  it('has each gate of the code once, in its order, and no other', () => {
    expect(gates.flatMap(([code]) => quoted([code ?? '']))).toEqual(GATES.map(({ code }) => code))
  })

  it('says when each is asked', () => {
    expect(gates.map(([, stages]) => stages)).toEqual(GATES.map(({ stages }) => stages.join(', ')))
  })

  it.each(gates.map((row) => [row[0] ?? '', row] as const))(
    '%s names what it asks, its law and tests that exist',
    (_code, row) => {
      const [, , asks, law, tests] = row
      expect(asks?.length).toBeGreaterThan(10)
      expect(law?.length).toBeGreaterThan(5)
      const named = [...(tests ?? '').matchAll(/`([^`]+\.test\.ts)`: ([^`]+)/g)]
      expect(named.length).toBeGreaterThan(0)
      for (const [, file, names] of named) {
        const source = readText(file ?? '')
        for (const name of (names ?? '').split(';').map((one) => one.trim())) {
          if (name !== '') expect(source.includes(`'${name}'`), `${file}: ${name}`).toBe(true)
        }
      }
    },
  )

  it.each(DEFAULT_LAW.bases.map((basis) => [basis.code, basis] as const))(
    'has %s with its steps and what a lawyer must check',
    (code, basis) => {
      const rows = rowsUnder(`\`${code}\``)
      expect(rows.flatMap(([step]) => quoted([step ?? '']))).toEqual(basis.demands.map(({ step }) => step))
      expect(rows.map(([, , source]) => source)).toEqual(
        basis.demands.map(({ source, lawyer }) => (lawyer ? `${source} ⚖` : source)),
      )
      const section = page.split(`### \`${code}\``)[1]?.split('\n### ')[0] ?? ''
      for (const question of basis.lawyer) expect(section).toContain(`- ${question}`)
      expect(section).toContain(basis.inForceFrom)
      if (basis.inForceUntil) expect(section).toContain(basis.inForceUntil)
    },
  )

  it('shows a file of the law that is taken', () => {
    for (const file of examplesOf(page)) expect(readLaw(DEFAULT_LAW, file)).toMatchObject({ ok: true })
    expect(examplesOf(page)).toHaveLength(1)
  })
})
