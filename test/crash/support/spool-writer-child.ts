/**
 * Writes into a spool until it is killed, and says on standard output what was accepted only after `append` returned:
 * `accepted FIRST LAST`; `settled TO` before anything is settled. `spool-writer-child.ts PATH [COMMITS]`
 */
import { randomInt, randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openSpool } from '@minewarden/edge/shell/spool-sqlite.ts'
import { probe } from '../../edge/support/readings.ts'
import { rowOf } from './spool-rows.ts'

const [path = '', commits = 'Infinity'] = process.argv.slice(2)
const logger = { debug() {}, info() {}, warn() {}, error: failed, child: () => logger }
function failed(_fields: object, message: string): void {
  writeSync(1, `failed ${message}\n`)
}
const say = (line: string) => writeSync(1, `${line}\n`)

const spool = openSpool(
  { logger, stamp: () => new Date().toISOString(), newEpoch: randomUUID },
  { path, quotaBytes: 1_000_000_000 },
)
say(`epoch ${spool.epoch}`)
for (let i = 0; i < Number(commits); i++) {
  const count = commits === 'Infinity' ? randomInt(1, 40) : 1
  const batch = Array.from({ length: count }, (_, k) => (count === 1 ? probe(i) : rowOf(spool.next + k)))
  const rows = spool.append(batch)
  say(`accepted ${rows[0]?.sequence} ${rows.at(-1)?.sequence}`)
  if (commits === 'Infinity' && i % 25 === 24) {
    const to = spool.next - randomInt(1, 60)
    say(`settled ${to}`)
    if (to > 0) spool.settle([[1, to]])
    if (i % 50 === 49) spool.prune()
  }
}
