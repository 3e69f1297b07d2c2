/**
 * Decoding and encoding miniSEED, in samples a second on one core. The peer is libmseed in C (`libmseed-dev` and gcc;
 * without them there is no peer): single records of 512 bytes, ground noise as a digitiser writes it.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { encodeRecords } from '@minewarden/hardware/miniseed/encode.ts'
import type { IntegerEncoding } from '@minewarden/hardware/miniseed/record.ts'
import { decodeAll } from '@minewarden/hardware/miniseed/stream.ts'
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { findProgram } from '../test/support/requires.ts'
import { type BenchRow, formatRows, measureRates, rateRow } from './row.ts'

const SAMPLES = 500_000
const UNIT = 'samples/s'
const ORACLE = join(import.meta.dirname, '../test/hardware/miniseed/libmseed-oracle.c')
const PEER_SECONDS = '1'

/** Ground noise: steps of 8 to 10 bits, so that Steim 2 packs three or four of them into a word. */
function noise(): Int32Array {
  let sample = 0
  return Int32Array.from({ length: SAMPLES }, (_, i) => {
    sample = Math.round(sample * 0.95 + 300 * Math.sin(i * 12.9898) * Math.sin(i * 78.233))
    return sample
  })
}

/** Whatever is computed is summed into this, so that no work can be optimised away. */
let sink = 0

export async function bench(): Promise<BenchRow[]> {
  const samples = noise()
  const encode = (encoding: IntegerEncoding) =>
    encodeRecords({
      network: 'MW',
      station: 'BENCH',
      location: '',
      channel: 'HHZ',
      rateHz: 500,
      startAt: instant(0),
      samples,
      encoding,
    })
  const files = (['steim1', 'steim2', 'int32'] as const).map((encoding) => ({ encoding, bytes: encode(encoding) }))
  const decoders = files.map(({ bytes }) => (times: number) => {
    for (let i = 0; i < times; i++) {
      for (const item of decodeAll(bytes, { reuseSamples: true }))
        if (item.kind === 'record') sink += item.record.samples[0]!
    }
  })
  const encoder = (times: number) => {
    for (let i = 0; i < times; i++) sink += encode('steim2').length
  }
  const rates = measureRates([...decoders, encoder], { rounds: 5 })
  if (!Number.isFinite(sink)) throw new InvariantError('the decoder gave no numbers')
  const peers = peerRates(files.map(({ bytes }) => bytes))
  const rows = files.map(({ encoding }, i) =>
    rateRow(`decode ${encoding}`, rates[i]! * SAMPLES, peers[i] ?? null, UNIT),
  )
  return [...rows, rateRow('encode steim2', rates[files.length]! * SAMPLES, null, UNIT)]
}

function peerRates(files: readonly Uint8Array[]): number[] {
  const dir = mkdtempSync(join(tmpdir(), 'miniseed-bench-'))
  try {
    execFileSync(findProgram('gcc')!, ['-O2', '-o', join(dir, 'oracle'), ORACLE, '-lmseed'], { stdio: 'ignore' })
    return files.map((bytes) => {
      writeFileSync(join(dir, 'file'), bytes)
      return Number(execFileSync(join(dir, 'oracle'), ['rate', join(dir, 'file'), PEER_SECONDS]))
    })
  } catch {
    return []
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(formatRows(await bench()))
}
