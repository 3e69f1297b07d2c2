import { calibrated } from '@minewarden/cloud/core/detection/class-calibration.ts'
import { describe, expect, it } from 'vitest'
import { fitCalibration } from '../../../../scripts/train/calibration-fit.ts'
import { brierScore, logLoss, reliabilityTable } from '../../../../scripts/train/reliability.ts'
import { trainSoftmax } from '../../../../scripts/train/softmax-regression.ts'
import { createRandom } from '../../../support/ground.ts'

const RAW = { blast: 0.5, earthquake: 0.1, vehicle: 0.05, footstep: 0.05, digging: 0.1, machinery: 0.05, other: 0.15 }
const sum = (scores: object) => Object.values(scores).reduce((total: number, p: number) => total + p, 0)
const NONE = { sharpness: 1, bias: { blast: 0, earthquake: 0, vehicle: 0, footstep: 0 } }

describe('calibration', () => {
  it('of nothing changes nothing, and any other leaves probabilities that add up to one', () => {
    for (const [name, p] of Object.entries(calibrated(RAW, NONE))) expect(p).toBeCloseTo(RAW[name as 'blast'], 9)
    expect(sum(calibrated(RAW))).toBeCloseTo(1, 12)
    expect(sum(calibrated({ ...RAW, blast: 1, digging: 0, machinery: 0, other: 0 }))).toBeCloseTo(1, 12)
  })

  it('keeps the shares of those that have no bias of their own', () => {
    const { digging, machinery } = calibrated(RAW)
    expect(digging / machinery).toBeCloseTo(2, 9)
  })

  it('fitted to judgements twice too sure halves their logs', () => {
    const random = createRandom(3)
    const rows: number[][] = []
    const truths: number[] = []
    for (let i = 0; i < 1500; i++) {
      const scores = Array.from({ length: 5 }, () => 3 * (random() - 0.5))
      const top = Math.log(scores.reduce((total, s) => total + Math.exp(s), 0))
      let left = random()
      const drawn = scores.findIndex((s) => {
        left -= Math.exp(s - top)
        return left < 0
      })
      truths.push(Math.max(0, drawn))
      rows.push(scores.map((s) => 2 * s))
    }
    const { sharpness, bias } = fitCalibration(rows, truths)
    expect(sharpness).toBeGreaterThan(0.42)
    expect(sharpness).toBeLessThan(0.58)
    for (const b of Object.values(bias)) expect(Math.abs(b)).toBeLessThan(0.3)
  })
})

describe('what calibration is judged by', () => {
  it('the scores are 0 for certainty that was right', () => {
    expect(logLoss([[1, 0]], [0])).toBeCloseTo(0, 9)
    expect(brierScore([[1, 0]], [0])).toBe(0)
    expect(brierScore([[0.5, 0.5]], [0])).toBeCloseTo(0.5, 9)
    expect(logLoss([[0.5, 0.5]], [0])).toBeCloseTo(Math.LN2, 9)
  })

  it('a table sets the share that was so beside the mean that was predicted', () => {
    expect(reliabilityTable([0.95, 0.92, 0.05], [true, false, false]).map((line) => line.trim())).toEqual([
      '0.02-0.10      1  0.050  0.000',
      '0.90-1.00      2  0.935  0.500',
    ])
  })

  it('the model that the rules are held against learns what can be parted by a line', () => {
    const rows = Array.from({ length: 60 }, (_, i) => [i % 3, (i * 7) % 5])
    const truths = rows.map(([x]) => x!)
    const model = trainSoftmax(rows, truths, 3)
    rows.forEach((row, i) => {
      const p = model.predict(row)
      expect(p.indexOf(Math.max(...p))).toBe(truths[i])
    })
  })
})
