"""Long addresses break at their signs, on pages and in e-mails."""

from webapp.runtime.line_breaks import breakable


def test_a_long_address_may_break_at_its_signs_and_a_short_one_stays_whole() -> None:
    assert breakable("by ada@example.com") == "by ada@example.com"
    assert breakable("alan.with.a.long.name@example.com") == (
        "alan.<wbr>with.<wbr>a.<wbr>long.<wbr>name@<wbr>example.<wbr>com"
    )
    assert "2001:<wbr>db8:<wbr>" in breakable("2001:db8:85a3:8d3:1319:8a2e:370:7348")
    assert breakable("Chrome 142. <b>on</b> Linux") == "Chrome 142. &lt;b&gt;on&lt;/b&gt; Linux"
