import { readFile, writeFile } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { linkEntry } from '@minewarden/cloud/core/audit.ts'
import { verifyChain } from '@minewarden/cloud/shell/records/audit-repository.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keptLog, NO_WITNESSES, verdictOf } from '../../support/audit/kept-log.ts'

let log: Awaited<ReturnType<typeof keptLog>>
beforeEach(async () => {
  log = await keptLog()
})
afterEach(() => log[Symbol.asyncDispose]())

/** Changes an entry and computes every hash after it anew, as somebody who knows the programs and the database would. */
async function rewrite(sequence: number, also: (database: DatabaseSync) => void = () => {}) {
  const rows = await log.records.selectFrom('audit').selectAll().orderBy('sequence').execute()
  let last: { sequence: number; hash: string } | null = null
  const linked: { sequence: number; actor: string; previous: string; hash: string }[] = []
  for (const row of rows) {
    const actor = row.sequence === sequence ? 'somebody-else' : row.actor
    last = await linkEntry({ ...row, at: instant(row.at), actor, detail: JSON.parse(row.detail) }, last)
    linked.push({ ...row, ...last, actor })
  }
  log.tamper((database) => {
    database.exec('UPDATE audit SET previous = previous || sequence, hash = hash || sequence')
    const write = database.prepare('UPDATE audit SET actor = ?, previous = ?, hash = ? WHERE sequence = ?')
    for (const { actor, previous, hash, sequence } of linked) write.run(actor, previous, hash, sequence)
    also(database)
  })
}

test('a log that was rewritten with hashes computed anew looks whole to itself, and is found by its checkpoints', async () => {
  await rewrite(2)
  expect(await verifyChain(log.records)).toMatchObject({ intact: true })
  const { intact, problems } = await verdictOf(await log.exported())
  expect(intact).toBe(false)
  expect(problems.map(({ reason }) => reason).join('\n')).toContain('not the entry that checkpoint 2 (line 4) signed')
})

test('taking the checkpoints out of the database does not help: the file beside it has them', async () => {
  await rewrite(2, (database) => database.exec('DELETE FROM audit_checkpoints'))
  expect(await verdictOf(await log.exported())).toMatchObject({ intact: false })
})

test('nor does taking the file: a copy of it from elsewhere, or an order at the power company, knows better', async () => {
  const checkpoints = await log.checkpointLines()
  await rewrite(2, (database) => {
    database.exec('DELETE FROM audit_checkpoints')
    // The order that was sent tells of the log, too: gone from the record here, though not where it was sent.
    database.exec('DELETE FROM orders; DELETE FROM order_events; DELETE FROM order_answers')
  })
  await writeFile(log.paths.checkpoints, '')
  const exported = await log.exported()
  const copy = await verdictOf(exported, { ...NO_WITNESSES, checkpoints })
  expect(copy.problems.filter(({ reason }) => reason.includes('not the entry that checkpoint copy'))).not.toEqual([])
  const order = await verdictOf(exported, { ...NO_WITNESSES, orders: [log.orderJws] })
  expect(order.problems.filter(({ reason }) => reason.includes('not the entry that order copy 1 signed'))).toHaveLength(
    1,
  )
})

test('entries cut off at the end, with their checkpoints, are missed by a copy from elsewhere', async () => {
  const checkpoints = await log.checkpointLines()
  log.tamper((database) => {
    const { sequence } = database.prepare('SELECT max(sequence) AS sequence FROM audit_checkpoints').get() as {
      sequence: number
    }
    database.exec(
      `DELETE FROM audit WHERE sequence >= ${sequence}; DELETE FROM audit_checkpoints WHERE sequence >= ${sequence}`,
    )
  })
  await writeFile(
    log.paths.checkpoints,
    (await readFile(log.paths.checkpoints, 'utf8')).split('\n').slice(0, -2).join('\n'),
  )
  const { problems } = await verdictOf(await log.exported(), { ...NO_WITNESSES, checkpoints })
  expect(problems.map(({ reason }) => reason)).toContainEqual(
    expect.stringMatching(/signs entry \d+; the log ends with entry/),
  )
})

test('the fleet manager itself finds it at its next start, says so, and signs no more', async () => {
  await rewrite(2)
  const before = await log.checkpointLines()
  await using keeper = log.keeper()
  await keeper.tend()
  expect((await keeper.status()).trouble).toMatchObject({
    sequence: 4,
    reason: expect.stringContaining('checkpoint 2'),
  })
  const last = await log.records.selectFrom('audit').select('action').orderBy('sequence', 'desc').executeTakeFirst()
  expect(last?.action).toBe('audit.altered')
  for (const subject of ['x', 'y', 'z', 'u']) await log.fact(subject)
  await keeper.tend(true)
  expect(await log.checkpointLines()).toEqual(before)
})

test('a rewriting while it runs is found when it follows the log anew, within a day', async () => {
  await using keeper = log.keeper()
  await keeper.tend()
  await rewrite(2)
  await keeper.tend()
  expect((await keeper.status()).trouble).toBeNull()
  await log.clock.advance(24 * 3_600_000)
  await keeper.tend()
  expect((await keeper.status()).trouble).not.toBeNull()
})

test.each<[string, (text: string) => string, string]>([
  ['edited', (text) => text.replace(/\.[^.]{8}/, '.AAAAAAAA'), 'another one in the file'],
  [
    'in another order',
    (text) => `${text.split('\n').slice(0, 2).toReversed().join('\n')}\n`,
    'another one in the file',
  ],
])('a checkpoint file that was %s is told', async (_what, edit, reason) => {
  await writeFile(log.paths.checkpoints, edit(await readFile(log.paths.checkpoints, 'utf8')))
  await using keeper = log.keeper()
  await keeper.tend()
  expect((await keeper.status()).trouble?.reason).toContain(reason)
})

test('a checkpoint in the database that we did not sign is told, though the file has gone', async () => {
  await writeFile(log.paths.checkpoints, '')
  log.tamper((database) => database.exec("UPDATE audit_checkpoints SET jws = replace(jws, '.', '.A') WHERE number = 2"))
  await using keeper = log.keeper()
  await keeper.tend()
  expect((await keeper.status()).trouble?.reason).toContain('checkpoint 2:')
})

test('a copy that a power cut left behind is completed from the other one', async () => {
  const whole = await readFile(log.paths.checkpoints, 'utf8')
  const lines = whole.split('\n')
  await writeFile(log.paths.checkpoints, `${lines[0]}\n${lines[1]?.slice(0, 100)}`)
  await using keeper = log.keeper()
  await keeper.tend()
  expect((await keeper.status()).trouble).toBeNull()
  expect(await log.checkpointLines()).toEqual(expect.arrayContaining(lines.filter(Boolean)))
  log.tamper((database) => database.exec('DELETE FROM audit_checkpoints WHERE number = 3'))
  await using again = log.keeper()
  await again.tend()
  expect((await again.status()).trouble).toBeNull()
  expect(await verdictOf(await log.exported())).toMatchObject({ intact: true })
})

test('checkpoints are signed each so many entries, each so often, and at the end', async () => {
  const count = async () => (await log.checkpointLines()).length
  const before = await count()
  const keeper = log.keeper()
  await keeper.tend()
  expect(await count()).toBe(before)
  await log.clock.advance(60_000)
  await keeper.tend()
  expect(await count()).toBe(before + 1)
  await keeper.tend()
  expect(await count()).toBe(before + 1)
  for (const subject of ['y', 'z', 'u']) await log.fact(subject)
  await keeper.tend()
  expect(await count()).toBe(before + 2)
  await log.fact('v')
  await keeper[Symbol.asyncDispose]()
  expect(await count()).toBe(before + 3)
  expect(await verdictOf(await log.exported())).toMatchObject({ intact: true })
})
