"""Columns of a published table: their names, and the names that papers and spreadsheets use instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

RATES = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "f1", "auc")
"""Columns that hold figures as they were printed."""

CELLS = ("tp", "fp", "fn", "tn")
SIZES = ("n_positive", "n_negative", "n", "classes")

COLUMNS: dict[str, tuple[str, ...]] = {
    "row": ("model", "reader", "name", "network", "模型", "读片者", "名称", "行", "医生", "方法"),
    "class": ("category", "lesion type", "类别", "病变类型", "分类"),
    "group": ("test set", "table", "组", "表", "测试集", "数据集", "任务"),
    "place": ("where", "位置", "出处"),
    "n_positive": ("positives", "positive", "阳性数", "阳性例数", "病变数"),
    "n_negative": ("negatives", "negative", "阴性数", "阴性例数"),
    "n": ("cases", "total", "例数", "总数", "样本量", "图像数"),
    "sensitivity": ("recall", "sens", "tpr", "灵敏度", "敏感度", "敏感性", "召回率", "平均敏感度"),
    "specificity": ("spec", "tnr", "特异度", "特异性"),
    "ppv": ("precision", "positive predictive value", "阳性预测值", "精确率", "精确度", "查准率"),
    "npv": ("negative predictive value", "阴性预测值"),
    "accuracy": ("acc", "准确率", "准确度", "准确性", "正确率"),
    "f1": ("f1 score", "f1 值", "f1 分数"),
    "auc": ("auroc", "roc auc", "auc 值", "曲线下面积"),
    "tp": ("true positives", "真阳性"),
    "fp": ("false positives", "假阳性"),
    "fn": ("false negatives", "假阴性"),
    "tn": ("true negatives", "真阴性"),
    "classes": ("k", "类别数"),
    "statistic": ("统计量",),
    "test": ("检验", "检验方法", "统计方法"),
    "paired": ("配对", "是否配对"),
    "claim": ("结论", "声称"),
}
"""Known columns and their other names; `row` and one of the figures are required."""

STATISTICS = {
    "mean": ("average", "均值", "平均", "平均值"),
    "median": ("中位数",),
    "minimum": ("min", "lowest", "最小值", "最低"),
    "maximum": ("max", "highest", "最大值", "最高"),
    "share": ("proportion", "比例", "率"),
}
"""What a figure over several classes is: of the classes' values, or a plain share of all cases."""

_PER_CENT = re.compile(r"[\s/,]*[\[(]?\s*%\s*[\])]?\s*$")


def plain(text: str) -> str:
    """A head without widths, case, separators and per cent sign."""
    head = _PER_CENT.sub("", unicodedata.normalize("NFKC", text).strip().lower())
    return re.sub(r"[\s_\-]+", "", head)


def in_per_cent(head: str) -> bool:
    """Whether a column's head says that it is in per cent."""
    return bool(_PER_CENT.search(unicodedata.normalize("NFKC", head).strip()))


_KNOWN = {plain(other): name for name, others in COLUMNS.items() for other in (name, *others)}
_STATISTICS = {plain(other): name for name, others in STATISTICS.items() for other in (name, *others)}


def known_columns(heads: Iterable[str]) -> dict[str, str]:
    """Our name of each head that has one."""
    return {head: _KNOWN[plain(head)] for head in heads if plain(head) in _KNOWN}


def statistics_of(text: str) -> dict[str, str]:
    """What each figure of a row is: ``mean; sensitivity: median``; the key ``""`` holds for all others.

    Raises:
        KeyError: a word that is no statistic, or no measure; it is the argument.
    """
    found = {}
    for part in re.split(r"[;；]", text):
        measure, colon, word = part.strip().replace("：", ":").rpartition(":")
        key = _KNOWN.get(plain(measure), measure) if colon else ""
        if (key and key not in RATES) or plain(word) not in _STATISTICS:
            raise KeyError(part.strip())
        found[key] = _STATISTICS[plain(word)]
    return found
