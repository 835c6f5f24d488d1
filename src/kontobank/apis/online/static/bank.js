"use strict";
// A real bank measures its visitors here; a client of ours must never load this file.
document.documentElement.className = "js";
