import {
  FULL_WINDOW,
  LEAST_WINDOW,
  MAX_CONSUMER_LAG_ROWS,
  MAX_PENDING_ROWS,
  MIN_FREE_DISK_BYTES,
  windowFor,
} from '@minewarden/cloud/core/back-pressure.ts'
import { describe, expect, test } from 'vitest'

describe('the window', () => {
  const calm = { onlineGateways: 10, pendingRows: 0, consumerLagRows: 0, freeDiskBytes: 1e12 }
  test.each([
    ['is full when nothing is behind', calm, FULL_WINDOW],
    ['is shared when many gateways are there', { ...calm, onlineGateways: 2_000 }, 100],
    ['keeps a least share for each', { ...calm, onlineGateways: 50_000 }, LEAST_WINDOW],
    ['is full up to half of a ceiling', { ...calm, consumerLagRows: MAX_CONSUMER_LAG_ROWS / 2 }, FULL_WINDOW],
    ['shrinks beyond', { ...calm, consumerLagRows: 0.75 * MAX_CONSUMER_LAG_ROWS }, FULL_WINDOW / 2],
    ['is shut at the ceiling', { ...calm, consumerLagRows: MAX_CONSUMER_LAG_ROWS }, 0],
    ['is shut when the journal cannot keep up', { ...calm, pendingRows: MAX_PENDING_ROWS + 1 }, 0],
    ['is shut when the disk is full', { ...calm, freeDiskBytes: MIN_FREE_DISK_BYTES - 1 }, 0],
  ])('%s', (_, load, expected) => expect(windowFor(load)).toBe(expected))
})
