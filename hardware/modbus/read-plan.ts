/** Which registers are asked for together: as few requests as the meter and the protocol allow. */
import { type FunctionCode, type MeterRegister, type Profile, REGISTERS_OF } from './profile.ts'

/** One request, and what its answer holds. */
export interface RegisterBlock {
  readonly functionCode: FunctionCode
  readonly address: number
  readonly count: number
  readonly registers: readonly MeterRegister[]
}

const endOf = (one: Pick<MeterRegister, 'address' | 'type'>): number => one.address + REGISTERS_OF[one.type]

/** The blocks of a profile, by function code and address. */
export function planBlocks({ registers, mostRegisters, widestGap }: Profile): RegisterBlock[] {
  const sorted = [...registers].sort((a, b) => a.functionCode - b.functionCode || a.address - b.address)
  const blocks: RegisterBlock[] = []
  for (const one of sorted) {
    const last = blocks.at(-1)
    const wider = last && blockOf([...last.registers, one])
    const fits =
      last?.functionCode === one.functionCode &&
      one.address - (last.address + last.count) <= widestGap &&
      wider !== undefined &&
      wider.count <= mostRegisters
    if (fits && wider) blocks[blocks.length - 1] = wider
    else blocks.push(blockOf([one]))
  }
  return blocks
}

/** The one block that holds these. @param registers at least one, of one function code */
export function blockOf(registers: readonly MeterRegister[]): RegisterBlock {
  const address = Math.min(...registers.map((one) => one.address))
  const count = Math.max(...registers.map(endOf)) - address
  return { functionCode: registers[0]?.functionCode ?? 3, address, count, registers }
}

/** A block that the meter refused in two: at its widest gap, or in the middle; itself when it holds one value. */
export function splitBlock(block: RegisterBlock): RegisterBlock[] {
  const sorted = [...block.registers].sort((a, b) => a.address - b.address)
  if (sorted.length < 2) return [block]
  let at = 0
  let widest = 0
  for (let i = 1; i < sorted.length; i++) {
    const gap = (sorted[i]?.address ?? 0) - endOf(sorted[i - 1] as MeterRegister)
    if (gap > widest) [at, widest] = [i, gap]
  }
  if (at === 0) at = sorted.length >> 1
  return [blockOf(sorted.slice(0, at)), blockOf(sorted.slice(at))]
}

/** Shorter requests out of these blocks, each of another length: what a meter can be asked whose late answers are told apart. */
export function shorterBlocks(blocks: readonly RegisterBlock[]): RegisterBlock[] {
  const byCount = new Map<number, RegisterBlock>()
  for (const { registers } of blocks) {
    const sorted = [...registers].sort((a, b) => a.address - b.address)
    for (let length = 1; length <= sorted.length; length++) {
      const block = blockOf(sorted.slice(0, length))
      if (!byCount.has(block.count)) byCount.set(block.count, block)
    }
  }
  return [...byCount.values()]
}
