import { networks } from "./decode.mjs";
import { softmax, up } from "./net.mjs";
