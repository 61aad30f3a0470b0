"""lm-evaluation-harness's two scores for MATH answers, over thousands of invented pairs of solution and answer.

    /work/venv/bin/python tools/oracle/math_equiv.py

leaderboard/math/utils.py's process_results decides: exact_match by math-verify 0.9.0, exact_match_original by Minerva's rules and SymPy. Writes
align/src/test/resources/golden/eval/math_equiv.json.gz: cases [family, solution, answer, exact_match, exact_match_original, normalised text that
math-verify took for the answer]. The harness stops SymPy after a second (math-verify after five) of wall time and calls the pair unequal, which
depends on the machine; here both have a minute, and what takes longer is left out.
"""

import gzip
import json
import logging
import random
import time

from common import golden, versions

logging.disable(logging.CRITICAL)
from lm_eval.tasks.leaderboard.math import utils  # noqa: E402
from math_verify import grader, parse, parser  # noqa: E402
from math_verify.utils import timeout  # noqa: E402

LIMIT = 60
grader.timeout = parser.timeout = lambda timeout_seconds: timeout(LIMIT)
utils.timeout.__init__ = lambda self, seconds=1, error_message="": self.__dict__.update(seconds=LIMIT, error_message=error_message)

FAMILIES = {
    "integer": [["7", "7.0", "07", "+7", "7.", "\\text{7}", "14/2", "\\frac{14}{2}", "8", "-7", "70", "7\\%", "7 \\text{ units}"],
                ["-12", "- 12", "-12.0", "12", "-24/2", "(-12)", "-\\frac{24}{2}", "-13"],
                ["1234", "1,234", "1{,}234", "1 234", "1234.0", "1,235", "12,34", "\\$1234", "1234 dollars"],
                ["0", "0.0", "-0", "00", "1", "\\emptyset", "0\\%"],
                ["120", "5!", "\\frac{6!}{6}", "\\binom{10}{3}", "2^3\\cdot 15", "120^\\circ", "120^{\\circ}", "121"],
                ["1000000", "10^6", "1{,}000{,}000", "1,000,000", "10^{6}", "10^5", "1000000.00"]],
    "fraction": [["\\frac{1}{2}", "0.5", ".5", "1/2", "\\frac12", "\\dfrac{1}{2}", "\\frac{2}{4}", "50\\%", "\\frac{1}{3}", "2^{-1}", "\\tfrac{1}{2}", "-\\frac{1}{2}", "\\frac 12", "0.50"],
                 ["\\frac{2}{3}", "0.6667", "0.666667", "2/3", "\\frac{4}{6}", "\\frac{3}{2}", "0.667", "\\frac{-2}{-3}", "2:3"],
                 ["-\\frac{3}{7}", "\\frac{-3}{7}", "\\frac{3}{-7}", "-3/7", "\\frac{3}{7}", "-\\frac{6}{14}", "(-3)/7"],
                 ["\\frac{5}{2}", "2\\frac{1}{2}", "2.5", "2 \\frac{1}{2}", "2\\frac{1}{3}", "5/2", "2+\\frac{1}{2}", "\\frac{10}{4}", "2.50"],
                 ["\\frac{1}{1000}", "0.001", "10^{-3}", "1\\times 10^{-3}", "0.01", "1/1000"]],
    "decimal": [["3.14", "3.140", "\\frac{157}{50}", "3.1400001", "3.14159", "\\pi", "314/100", "3,14"],
                ["18.90", "\\$18.90", "18.9", "\\$18.9", "189/10", "18.09", "18.90 dollars"],
                ["0.125", "\\frac{1}{8}", "1/8", "12.5\\%", ".125", "0.1250", "\\frac{1}{80}"]],
    "radical": [["2\\sqrt{3}", "\\sqrt{12}", "2 \\sqrt 3", "2\\sqrt3", "\\sqrt{4\\cdot 3}", "3\\sqrt{2}", "2\\cdot\\sqrt{3}", "3.4641", "2*3^{1/2}", "\\sqrt{3}\\cdot 2", "\\sqrt[2]{12}", "3.464102"],
                ["\\frac{\\sqrt{2}}{2}", "\\frac{1}{\\sqrt{2}}", "\\sqrt{\\frac{1}{2}}", "\\sqrt{2}/2", "0.7071", "\\frac{\\sqrt2}2", "2^{-1/2}", "\\sqrt{2}"],
                ["1+\\sqrt{5}", "\\sqrt{5}+1", "1 + \\sqrt 5", "\\sqrt{5}-1", "1+5^{1/2}", "\\frac{2+2\\sqrt{5}}{2}", "3.236068", "\\frac{-4}{1-\\sqrt{5}}"],
                ["\\sqrt[3]{2}", "2^{1/3}", "2^{\\frac{1}{3}}", "\\sqrt[3]2", "\\sqrt{2}", "1.26", "\\frac{2}{\\sqrt[3]{4}}"]],
    "constant": [["2\\pi", "\\pi\\cdot 2", "2 \\pi", "\\frac{4\\pi}{2}", "6.283185", "6.28", "2π", "360^\\circ", "\\pi"],
                 ["\\frac{\\pi}{4}", "\\pi/4", "\\frac{1}{4}\\pi", "\\arctan 1", "\\tan^{-1} 1", "45^\\circ", "0.785398", "\\frac{\\pi}{3}"],
                 ["e^2", "e^{2}", "e\\cdot e", "\\exp(2)", "7.389056", "2e", "\\ln 2"],
                 ["\\log_2 3", "\\frac{\\ln 3}{\\ln 2}", "\\frac{\\log 3}{\\log 2}", "1.584963", "\\log_3 2", "\\log_{2}{3}", "\\log_4 9"],
                 ["\\infty", "+\\infty", "-\\infty", "\\infty ", "oo"]],
    "polynomial": [["x^2+2x+1", "(x+1)^2", "x^2 + 2x + 1", "1+2x+x^2", "x^{2}+2x+1", "x(x+2)+1", "x^2+2x-1", "(1+x)(x+1)", "y^2+2y+1", "X^2+2X+1", "x^2+2 \\cdot x+1"],
                   ["3x-4y", "-4y+3x", "3x - 4y", "3x+4y", "-(4y-3x)", "4y-3x", "\\frac{6x-8y}{2}"],
                   ["(x-2)(x+3)", "x^2+x-6", "(x+3)(x-2)", "(x - 2)(x + 3)", "(x+2)(x-3)", "x^2+x+6"],
                   ["2n(n+1)", "2n^2+2n", "2 n (n+1)", "n(2n+2)", "2n^2+2", "2n(n-1)"],
                   ["ab+bc", "b(a+c)", "b(c+a)", "bc+ab", "abc", "a(b+c)"],
                   ["5", "5x^0", "x+5-x", "5y/y", "\\frac{10x}{2x}"]],
    "rational": [["\\frac{x+1}{x-1}", "(x+1)/(x-1)", "1+\\frac{2}{x-1}", "\\frac{-x-1}{1-x}", "\\frac{x-1}{x+1}", "\\frac{(x+1)^2}{x^2-1}"],
                 ["\\frac{1}{x^2}", "x^{-2}", "1/x^2", "\\frac{1}{x\\cdot x}", "\\frac{1}{x}", "(1/x)^2"],
                 ["\\frac{a}{b}", "a/b", "\\frac{2a}{2b}", "\\frac{b}{a}", "a b^{-1}", "a:b"]],
    "trigonometry": [["\\sin^2 x", "1-\\cos^2 x", "(\\sin x)^2", "\\sin(x)^2", "\\sin x^2", "\\frac{1-\\cos 2x}{2}"],
                     ["\\sin 2x", "2\\sin x\\cos x", "\\sin(2x)", "2 \\sin x", "\\sin{2x}"],
                     ["\\tan x", "\\frac{\\sin x}{\\cos x}", "\\cot x", "\\tan(x)", "\\sin x/\\cos x"]],
    "pair": [["(1,2)", "(1, 2)", "\\left(1,2\\right)", "(2,1)", "1,2", "[1,2]", "(1.0,2.0)", "(\\frac{2}{2},2)", "(1;2)", "x=1,y=2", "(1,2]", "\\{1,2\\}"],
             ["(3,-1)", "(3, -1)", "\\left( 3, -1 \\right)", "(-1,3)", "3,-1", "(3,1)"],
             ["(1,2,3)", "(1, 2, 3)", "1,2,3", "(3,2,1)", "\\left(1,2,3\\right)", "\\{1,2,3\\}", "(1,2)"],
             ["\\left( 3, \\frac{\\pi}{2} \\right)", "(3,\\frac{\\pi}{2})", "(3, \\pi/2)", "\\left(3,\\frac{3\\pi}{2}\\right)", "(3,1.5708)"]],
    "interval": [["[2,5)", "[2, 5)", "\\left[2,5\\right)", "(2,5]", "2\\le x<5", "[2,5]", "x\\in[2,5)", "2 \\leq x < 5"],
                 ["(-\\infty,3]", "(-\\infty, 3]", "x\\le 3", "(-\\infty,3)", "\\left(-\\infty,3\\right]", "x \\in (-\\infty,3]"],
                 ["(-\\infty,1)\\cup(2,\\infty)", "(2,\\infty)\\cup(-\\infty,1)", "(-\\infty, 1) \\cup (2, \\infty)", "(-\\infty,1]\\cup[2,\\infty)", "x<1 \\text{ or } x>2", "(-\\infty,1)\\cup(3,\\infty)"],
                 ["[0,1]\\cup[1,2]", "[0,2]", "[0,1)\\cup[1,2]", "[0,2)"]],
    "set": [["\\{1,2,3\\}", "\\{3,2,1\\}", "1,2,3", "3, 1, 2", "\\{1,2\\}", "1, 2 \\text{ and } 3", "1,2,4", "\\left\\{1,2,3\\right\\}"],
            ["2, -3", "-3, 2", "x=2,-3", "2 \\text{ and } -3", "x=2 \\text{ or } x=-3", "2,3", "-3,2", "\\{2,-3\\}", "2\\text{ or }-3"],
            ["\\pm 3", "3,-3", "-3, 3", "\\pm3", "3", "x=\\pm 3", "\\{-3,3\\}"],
            ["1\\pm\\sqrt{2}", "1+\\sqrt{2},1-\\sqrt{2}", "1-\\sqrt{2}, 1+\\sqrt{2}", "1\\pm \\sqrt 2", "1+\\sqrt{2}", "-1\\pm\\sqrt{2}"],
            ["\\emptyset", "\\varnothing", "\\{\\}", "\\text{no solution}", "0"]],
    "equation": [["x=5", "5", "x = 5", "5=x", "y=5", "x=6", "x=5.0", "x=10/2"],
                 ["y=2x+3", "2x+3", "y = 2x + 3", "2x-y+3=0", "y=3+2x", "y-2x=3", "y=2x-3", "2y=4x+6", "f(x)=2x+3"],
                 ["x^2+y^2=25", "x^2 + y^2 = 25", "y^2+x^2=25", "x^2+y^2-25=0", "x^2+y^2=5^2", "x^2-y^2=25"],
                 ["7", "x=7", "a+b=7", "3+4=7", "x = 3+4 = 7", "2x=14", "n=8"],
                 ["f(x)=x^2", "x^2", "f(x) = x^2", "g(x)=x^2", "y=x^2", "f(x)=2x"]],
    "inequality": [["x>3", "3<x", "x > 3", "x\\ge 3", "(3,\\infty)", "x<3", "2x>6", "x-3>0"],
                   ["1<x<4", "1 < x < 4", "(1,4)", "4>x>1", "1\\le x<4", "x>1, x<4"],
                   ["x\\le -2", "x \\leq -2", "-2\\ge x", "(-\\infty,-2]", "x<-2", "x\\leqslant -2"],
                   ["x\\ne 0", "x \\neq 0", "0\\ne x", "x=0", "\\mathbb{R}\\setminus\\{0\\}"]],
    "text": [["\\text{Evelyn}", "Evelyn", "\\text{evelyn}", "\\mathrm{Evelyn}", "\\textbf{Evelyn}", "\\text{Eve}", "\\text{ Evelyn }"],
             ["\\text{(C)}", "C", "(C)", "\\text{C}", "\\textbf{(C)}", "\\text{(B)}", "c", "\\mathrm{(C)}"],
             ["\\text{even}", "even", "\\text{odd}", "\\text{Even}", "\\text{neither}"],
             ["ABC", "\\text{ABC}", "A,B,C", "abc", "CBA", "\\triangle ABC", "ACB"],
             ["\\text{June 20}", "20", "\\text{20 June}", "June 20", "\\text{June } 20"]],
    "units": [["12\\text{ cm}", "12", "12 \\text{ cm}", "12 cm", "12\\text{ inches}", "12\\,\\text{cm}", "13\\text{ cm}", "12\\mbox{ cm}", "12 \\text{ cm}^2"],
              ["90^\\circ", "90", "90^{\\circ}", "90 \\text{ degrees}", "90°", "\\frac{\\pi}{2}", "90\\text{ degrees}", "91^\\circ"],
              ["36\\%", "36", "0.36", "36 \\%", "36\\text{ percent}", "36 percent", "0.36\\%", "\\frac{9}{25}"],
              ["\\$5", "5", "\\$5.00", "5\\text{ dollars}", "\\$6", "5 dollars"],
              ["5\\text{ hours}", "5", "5 hours", "300\\text{ minutes}", "5 \\text{ h}"]],
    "complex": [["3+4i", "4i+3", "3 + 4i", "3-4i", "3+4I", "7i", "(3,4)"], ["i", "-i", "\\sqrt{-1}", "1i", "i^1"], ["1-i", "1 - i", "-i+1", "1+i", "(1-i)"]],
    "matrix": [["\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{bmatrix}1\\\\2\\end{bmatrix}", "\\begin{pmatrix}2\\\\1\\end{pmatrix}", "(1,2)",
                "\\begin{pmatrix}1&2\\end{pmatrix}", "\\begin{pmatrix}\\frac{2}{2}\\\\2\\end{pmatrix}"],
               ["\\begin{pmatrix}1&0\\\\0&1\\end{pmatrix}", "\\begin{bmatrix} 1 & 0 \\\\ 0 & 1 \\end{bmatrix}", "\\begin{pmatrix}0&1\\\\1&0\\end{pmatrix}", "I"]],
    "base": [["101_2", "101_{2}", "101", "5", "101_3"], ["12_5", "12_{5}", "12", "7", "12_{6}"]],
}
HELD_OUT = {  # written after the Java code had met the families above, and not looked at while it was changed
    "held out": [
        ["\\frac{13}{4}", "3.25", "3\\frac{1}{4}", "13/4", "\\frac{26}{8}", "3 + \\frac14", "\\frac{12}{4}", "325\\%"], ["-\\frac{17}{3}", "-5\\frac{2}{3}", "\\frac{17}{-3}", "-5.666667", "-17/3", "5\\frac23"],
        ["2^{100}", "1267650600228229401496703205376", "4^{50}", "2^{99}\\cdot2", "1267650600228229401496703205377", "2^100"], ["\\frac{7!}{3!4!}", "35", "\\binom{7}{3}", "{7 \\choose 3}", "\\dbinom{7}{4}", "36"],
        ["3\\sqrt{5}-2", "-2+3\\sqrt{5}", "\\sqrt{45}-2", "3\\sqrt5 - 2", "3\\sqrt{5}+2", "4.708204"], ["\\sqrt{2}+\\sqrt{3}", "\\sqrt{5+2\\sqrt{6}}", "\\sqrt 3+\\sqrt 2", "\\sqrt{5}", "3.146264"],
        ["\\frac{\\sqrt{3}}{3}", "\\frac{1}{\\sqrt{3}}", "\\tan 30^\\circ", "\\sqrt{3}/3", "3^{-\\frac{1}{2}}", "\\tan\\frac{\\pi}{6}"], ["\\left(-\\frac{3}{2}, 25\\right)", "(-1.5,25)", "(-\\frac32, 25)", "\\left( -3/2, 25 \\right)", "(25,-\\frac32)"],
        ["(-7,4]", "(-7, 4]", "-7<x\\le4", "x\\in(-7,4]", "[-7,4)", "\\left(-7,4\\right]"], ["[-5,1]\\cup[5,11]", "[5,11]\\cup[-5,1]", "x\\in[-5,1]\\cup[5,11]", "[-5,11]", "[-5, 1] \\cup [5, 11]"],
        ["-4, -1, 6", "6,-1,-4", "\\{-4,-1,6\\}", "x=-4,-1,6", "-4, -1, \\text{ and } 6", "-4,1,6"], ["3x^2-5x+2", "(3x-2)(x-1)", "2-5x+3x^2", "3x^2 - 5x + 2", "(x-1)(3x+2)", "3(x-1)(x-\\frac23)"],
        ["\\frac{x}{x+2}", "1-\\frac{2}{x+2}", "x/(x+2)", "\\frac{x}{2+x}", "\\frac{x+2}{x}", "x(x+2)^{-1}"], ["y=-\\frac{2}{3}x+4", "2x+3y=12", "y=4-\\frac{2x}{3}", "-\\frac23x+4", "3y=12-2x", "y = -2/3 x + 4"],
        ["\\cos 2\\theta", "2\\cos^2\\theta-1", "1-2\\sin^2\\theta", "\\cos(2\\theta)", "\\cos^2\\theta-\\sin^2\\theta", "\\cos 2 \\theta"], ["18\\pi\\text{ cm}^2", "18\\pi", "18 \\pi", "56.548668", "18\\pi\\text{ cm}^3", "18"],
        ["6,\\!400,\\!000", "6400000", "6{,}400{,}000", "6.4\\times 10^6", "6,400,000", "64\\cdot 10^5"], ["\\text{Tuesday}", "Tuesday", "\\text{tuesday}", "\\mathrm{Tuesday}", "\\text{Monday}"],
        ["\\$32{,}348", "32348", "\\$32,348", "32{,}348", "32,348 \\text{ dollars}"], ["2k", "2\\cdot k", "k+k", "2K", "k^2", "k2"], ["\\frac{n(n-1)}{2}", "\\binom{n}{2}", "\\frac{n^2-n}{2}", "\\frac{1}{2}n(n-1)", "n(n-1)/2"],
        ["1+2i", "2i+1", "1+2 i", "1+i2", "1-2i"], ["\\ln 6", "\\ln 2+\\ln 3", "\\log_e 6", "1.791759", "\\ln(6)", "\\log 6"], ["a^2b^3", "a^{2}b^{3}", "b^3a^2", "a^2 b^3", "(ab)^2b", "a^3b^2"],
        ["\\begin{pmatrix} -1/3 \\\\ 2/3 \\end{pmatrix}", "\\begin{pmatrix} -\\frac{1}{3} \\\\ \\frac{2}{3} \\end{pmatrix}", "\\begin{pmatrix} 1/3 \\\\ 2/3 \\end{pmatrix}"], ["75\\%", "75", "0.75", "\\frac34", "75\\text{ percent}"],
        ["4:30", "4:30 \\text{ p.m.}", "\\frac{4}{30}", "4.5", "4:30\\text{ PM}"], ["x^3+3x-6", "x^3 + 3x - 6", "-6+3x+x^3", "x^3-3x-6", "x(x^2+3)-6"], ["10\\frac{1}{12}", "\\frac{121}{12}", "10.083333", "10 \\frac{1}{12}"],
        ["|x-3|", "|3-x|", "\\sqrt{(x-3)^2}", "x-3", "\\left|x-3\\right|"], ["\\lfloor 7.5 \\rfloor", "7", "7.5", "\\lceil 6.5\\rceil"], ["p^2-q^2", "(p-q)(p+q)", "(p+q)(p-q)", "(p-q)^2", "-(q^2-p^2)"],
        ["\\frac{2}{3}\\pi", "\\frac{2\\pi}{3}", "2\\pi/3", "120^\\circ", "\\frac{2}{3} \\pi"], ["x\\ge\\frac{1}{2}", "x\\ge 0.5", "\\frac12\\le x", "[\\frac12,\\infty)", "x>\\frac12", "2x\\ge1"], ["E", "e", "\\text{E}", "\\textbf{(E)}"],
        ["\\frac{1}{4}e^{2x}", "e^{2x}/4", "0.25e^{2x}", "\\frac{e^{2x}}{4}", "\\frac14 (e^x)^2"], ["3, 5, 7", "3,5,7", "\\{3,5,7\\}", "(3,5,7)", "3,5,\\text{ and }7", "7,5,3"], ["(2,-3,1)", "(2, -3, 1)", "2,-3,1", "\\langle 2,-3,1\\rangle"],
    ],
}
WRAPS = [" Final Answer: The final answer is ${}$. I hope it is correct.", " The answer is \\boxed{{{}}}.", " So the answer is ${}$.", " We find $y$ first. Then $\\boxed{{{}}}$ is what we want.",
         " {}", " Final Answer: The final answer is {}. I hope it is correct.", " Thus \\[{}\\]", " The final answer is: ${}$", " We get $1+1=2$ and then ${}$."]
SOLUTIONS = ["We compute that the value is $\\boxed{{{}}}.$", "Since $a^2=b$, we have \\[\\boxed{{{}}}.\\]", "Adding both gives $c=\\boxed{{{}}}$."]
NOISE = ["", " ", "I do not know.", " 12 apples and 3 pears", " The answer is unclear: $", " $x$", "\\boxed{}", " \\boxed{7", "Final Answer: The final answer is", " #### 42", " The answer is 3.5%.",
         " It costs $5.", " 1/2 of 8 is 4", " answer: 2*(3+4)", " 3 + 4 = 7", " (1, 2)", " The total is 1,234 dollars.", " so $\\frac{1}{2}$ or $\\frac{1}{3}$", " $2$, $3$ and $5$", " Answer: **12**",
         " $x=1$ and $y=2$", " between 2 and 3", " 50 percent", " the probability is 0.25 (or 25%)", " -3", " −3", " 7^2", " 2(3)", " it is ½", " $a=b=3$", " $1,2,\\ldots,10$"]


def scores(solution, answer):
    doc = dict(solution=solution, answer=utils.remove_boxed(utils.last_boxed_only_string(solution)))
    found = utils.process_results(doc, [answer])
    extracted = [x for x in parse(answer) if isinstance(x, str)]
    return found["exact_match"], int(found["exact_match_original"]), extracted[0] if extracted else None


def main():
    draw = random.Random(31)
    plans = []
    for family, groups in (FAMILIES | HELD_OUT).items():
        for group in groups:
            gold, everything = group[0], [x for other in groups for x in other if other is not group]
            for candidate in group:
                for wrap in [WRAPS[0]] + draw.sample(WRAPS[1:], 3):
                    plans.append((family, draw.choice(SOLUTIONS).format(gold), wrap.format(candidate)))
            for candidate in draw.sample(group, min(3, len(group))):  # the other way round: an unusual form as the expected one
                for answer in draw.sample(group, min(4, len(group))):
                    plans.append((family, draw.choice(SOLUTIONS).format(candidate), draw.choice(WRAPS[:4]).format(answer)))
            for candidate in draw.sample(everything, min(3, len(everything))):
                plans.append((family, draw.choice(SOLUTIONS).format(gold), draw.choice(WRAPS).format(candidate)))
    for noise in NOISE:
        for gold in draw.sample([g[0] for groups in FAMILIES.values() for g in groups], 4) + ["7", "12", "\\frac{1}{2}"]:
            plans.append(("noise", draw.choice(SOLUTIONS).format(gold), noise))
    cases, seen, slow = [], set(), 0
    for plan in plans:
        if plan in seen:
            continue
        seen.add(plan)
        start = time.monotonic()
        found = scores(*plan[1:])
        if time.monotonic() - start < LIMIT:
            cases.append([*plan, *found])
        else:
            slow += 1
    data = json.dumps(dict(versions=versions("lm_eval", "math-verify", "latex2sympy2_extended", "sympy"), cases=cases), ensure_ascii=False, separators=(",", ":")).encode()
    path = golden("align", "eval") / "math_equiv.json.gz"
    path.write_bytes(gzip.compress(data, 9, mtime=0))
    print(len(cases), "pairs", sum(c[3] for c in cases), "equal", sum(c[4] for c in cases), "by the original rule;", slow, "too slow;", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
