// What @lhncbc/ucum-lhc says: JSON lines in, JSON lines out.
//   {"code": "mg/dL"}                                   -> {"valid": true, "magnitude": 10}
//   {"value": 98.6, "from": "[degF]", "to": "Cel"}      -> {"value": 37} or {"refused": "..."}
import { createInterface } from "node:readline";
import lhc from "@lhncbc/ucum-lhc";

const utils = lhc.UcumLhcUtils.getInstance();
for await (const line of createInterface({ input: process.stdin })) {
    const { code, value, from, to } = JSON.parse(line);
    if (code !== undefined) {
        const valid = utils.validateUnitString(code).status === "valid";
        const unit = utils.getSpecifiedUnit(code, "validate").unit;
        console.log(JSON.stringify({ valid, magnitude: unit?.magnitude_, special: Boolean(unit?.cnv_) }));
    } else {
        const result = utils.convertUnitTo(from, value, to);
        console.log(JSON.stringify(result.status === "succeeded" ? { value: result.toVal } : { refused: result.msg.join("; ") }));
    }
}
