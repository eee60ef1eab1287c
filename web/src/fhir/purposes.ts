// Why somebody looks: all purposes that entries of logs have (src/rights/request.h), in the order in which they are offered. Their words are
// among those of codes.
export const accessPurposes = [
  'TREAT', 'ETREAT', 'CAREMGT', 'COC', 'BTG', 'PATRQT', 'FAMRQT', 'PWATRNY', 'HPAYMT', 'HOPERAT', 'HRESCH', 'PUBHLTH', 'HSYSADMIN',
] as const;
