/**
 * Legal bases that an order may name. Words of law are data to be checked by the county's legal office, not code; the
 * steps that each demands come with them later.
 */
export const LEGAL_BASES = {
  'work-safety-law-70': '安全生产法（2021）第七十条',
  'coal-safety-regulation-70': '煤矿安全生产条例（2024）第七十条',
  'state-council-446-13': '国务院关于预防煤矿生产安全事故的特别规定（国务院令第446号）第十三条（仅煤矿）',
  'power-supply-regulation-40': '电力供应与使用条例 第三十条、第四十条（转供电、窃电）',
} as const
export type LegalBasis = keyof typeof LEGAL_BASES

export const isBasis = (code: string): code is LegalBasis => Object.hasOwn(LEGAL_BASES, code)
