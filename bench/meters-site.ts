// The meters that `bench/meters.ts` configures and `bench/meters-peers.ts` simulates.
export const BAUD = 9_600
export const DLT645_ADDRESSES = ['000000000001', '000000000002', '000000000003', '000000000004'] as const
export const MODBUS_UNITS = [1, 2, 3, 4] as const
