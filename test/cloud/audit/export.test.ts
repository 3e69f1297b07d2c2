import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { canonicalJson } from '@minewarden/protocol/canonical-json.ts'
import { publicKeyOf } from '@minewarden/protocol/jws.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keptLog, NO_WITNESSES, verdictOf } from '../../support/audit/kept-log.ts'
import { fuzzRuns } from '../../support/fuzz.ts'

/** Node of any version with nothing beside it, as an expert would run it. */
const STANDALONE = fileURLToPath(new URL('../../../docs/verify-audit.mjs', import.meta.url))

let log: Awaited<ReturnType<typeof keptLog>>
let text: string
let lines: string[]

beforeAll(async () => {
  log = await keptLog()
  text = await log.exported()
  lines = text.split('\n').slice(0, -1)
})
afterAll(() => log[Symbol.asyncDispose]())

const joined = (changed: readonly string[]) => changed.map((line) => `${line}\n`).join('')
const lineOf = (kind: string, nth = 0) =>
  lines.flatMap((line, i) => (line.includes(`"kind":"${kind}"`) ? [i] : []))[nth] as number
const without = (i: number) => lines.filter((_, j) => j !== i)

async function standalone(content: string | Uint8Array, ...witnesses: string[]) {
  const file = `${log.paths.records}.export`
  await writeFile(file, content)
  const { status, stdout } = spawnSync(process.execPath, [STANDALONE, file, ...witnesses], { encoding: 'utf8' })
  return { status, stdout }
}

describe('an untouched export', () => {
  test('verifies, and says what it holds', async () => {
    const verdict = await verdictOf(text)
    expect(verdict.problems).toEqual([])
    expect(verdict).toMatchObject({
      intact: true,
      counts: { header: 1, key: 1, checkpoint: 3, order: 1, standing: 1, answer: 1, evidence: 1, entry: 9, seal: 1 },
      head: { sequence: 9 },
      issuer: 'county-450324',
      keys: [{ trusted: null }],
    })
    expect(verdict.signedUpTo).toBeGreaterThan(5)
  })

  test('is the same file for the same log and moment, in whatever pieces it is read', async () => {
    expect(await log.exported()).toBe(text)
    for (const pieceBytes of [1, 7, 1_000_000])
      expect(await verdictOf(text, NO_WITNESSES, pieceBytes)).toMatchObject({ intact: true })
  })

  test('agrees with its witnesses: keys, the copy of the checkpoints, an order at the power company', async () => {
    const verdict = await verdictOf(text, {
      keys: { keys: [await publicKeyOf(log.signingKey)] },
      checkpoints: await log.checkpointLines(),
      orders: [log.orderJws],
    })
    expect(verdict).toMatchObject({ intact: true, keys: [{ trusted: true }], witnesses: { agreeing: 4, later: 0 } })
  })

  test('verifies with the program that knows nothing of ours', async () => {
    await writeFile(`${log.paths.records}.order`, log.orderJws)
    expect(await standalone(text, log.paths.checkpoints, `${log.paths.records}.order`)).toMatchObject({ status: 0 })
    expect((await readFile(STANDALONE, 'utf8')).split('\n').length).toBeLessThan(150)
  })
})

describe('what was done to an export is found, and where', () => {
  const edited = (i: number, edit: (value: Record<string, object>) => void) => {
    const value = JSON.parse(lines[i] as string)
    edit(value)
    return lines.with(i, canonicalJson(value))
  }
  const swapped = (i: number, j: number) => lines.with(i, lines[j] as string).with(j, lines[i] as string)

  test.each<[string, () => string[], string, string]>([
    [
      'an actor',
      () => edited(lineOf('entry', 2), ({ entry }) => Object.assign(entry as object, { actor: 'x' })),
      'entry 3',
      'changed',
    ],
    ['an entry taken out', () => without(lineOf('entry', 3)), 'entry 5', 'entry 4 is missing'],
    ['the last entry taken out', () => without(lineOf('entry', 8)), 'section entry', 'changed since'],
    ['two entries exchanged', () => swapped(lineOf('entry', 1), lineOf('entry', 2)), 'entry 3', 'entry 2 is missing'],
    [
      'an entry put in twice',
      () => lines.toSpliced(lineOf('entry', 4), 0, lines[lineOf('entry', 4)] as string),
      'entry 5',
      'missing',
    ],
    ['a checkpoint taken out', () => without(lineOf('checkpoint', 1)), 'checkpoint 3', 'checkpoint 2 is missing'],
    ['the last checkpoint taken out', () => without(lineOf('checkpoint', 2)), 'section checkpoint', 'changed since'],
    [
      'two checkpoints exchanged',
      () => swapped(lineOf('checkpoint', 0), lineOf('checkpoint', 1)),
      'checkpoint 2',
      'missing',
    ],
    ['an order taken out', () => without(lineOf('order')), 'record 450324-1', 'missing'],
    [
      'an order changed',
      () => lines.with(lineOf('order'), (lines[lineOf('order')] as string).replace('received', 'accepted')),
      'order 450324-1',
      'not the record',
    ],
    ['an answer taken out', () => without(lineOf('answer')), 'answer', 'missing'],
    ['a hash of evidence taken out', () => without(lineOf('evidence')), 'evidence', 'missing'],
    [
      'a hash of evidence changed',
      () => edited(lineOf('evidence'), (value) => Object.assign(value, { sha256: 'f'.repeat(64) })),
      'evidence',
      'no entry tells of it',
    ],
    ['the key taken out', () => without(lineOf('key')), 'checkpoint 1', 'not among the published keys'],
    ['the header taken out', () => without(0), 'header', 'missing'],
    ['the seal taken out', () => without(lineOf('seal')), 'seal', 'missing'],
    ['a line after the seal', () => [...lines, lines[lineOf('entry')] as string], 'line', 'stands after the seal'],
    [
      'a blank in a line',
      () => lines.with(lineOf('entry'), (lines[lineOf('entry')] as string).replace('{', '{ ')),
      'line',
      'not written as it was',
    ],
    ['a line of something else', () => lines.toSpliced(4, 0, 'x'), 'line 5', 'no line of an export'],
  ])('%s', async (_what, change, place, reason) => {
    const changed = joined(change())
    const { intact, problems } = await verdictOf(changed)
    expect(intact).toBe(false)
    expect(
      problems.find((problem) => problem.place.startsWith(place) && problem.reason.includes(reason)),
      JSON.stringify(problems),
    ).toBeTruthy()
  })

  test('a file cut off anywhere is found', async () => {
    for (const share of [0, 0.01, 0.3, 0.7, 0.99]) {
      const cut = text.slice(0, Math.floor(text.length * share))
      expect(await verdictOf(cut)).toMatchObject({ intact: false })
    }
    expect(await verdictOf(text.slice(0, -1))).toMatchObject({ intact: false })
  })

  test('any byte that is changed, put in or taken out, and any lines that are moved, are found by both programs', async () => {
    const bytes = Buffer.from(text)
    const place = fc.nat({ max: bytes.length - 1 })
    const mutation = fc.oneof(
      fc.tuple(place, fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
        const changed = Buffer.from(bytes)
        changed[at] = (bytes[at] as number) ^ by
        return changed
      }),
      fc
        .tuple(place, fc.nat({ max: 255 }))
        .map(([at, byte]) => Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at)])),
      fc
        .tuple(place, fc.integer({ min: 1, max: 900 }))
        .map(([at, n]) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + n)])),
      fc.tuple(fc.nat({ max: lines.length - 1 }), fc.nat({ max: lines.length - 1 })).map(([from, to]) => {
        const rest = without(from)
        return Buffer.from(joined(rest.toSpliced(to, 0, lines[from] as string)))
      }),
    )
    let heard = 0
    await fc.assert(
      fc.asyncProperty(
        mutation.filter((changed) => !changed.equals(bytes)),
        async (changed) => {
          const verdict = await verdictOf(changed)
          expect(verdict.intact).toBe(false)
          expect(verdict.problems.length).toBeGreaterThan(0)
          // The other program takes a process each time: a few of them.
          if (heard++ < 12) expect((await standalone(changed)).status).toBeGreaterThan(0)
        },
      ),
      { numRuns: fuzzRuns(300) },
    )
  })
})
