import pytest

from shop import discounted, load, save


class TestBasket:
    def test_is_empty_at_first(self, basket):
        assert basket.total() == 0

    @pytest.mark.parametrize("count", range(200))
    def test_total_grows_with_the_count(self, basket, count):
        basket.add("apple", count)
        assert basket.total() == 20 * count

    def test_remove(self, basket):
        basket.add("apple")
        basket.add("pear")
        basket.remove("apple")
        assert basket.items == {"pear": 1}

    def test_unknown_thing(self, basket):
        with pytest.raises(KeyError, match="no such thing"):
            basket.add("brick")


@pytest.mark.parametrize("percent", range(0, 101))
@pytest.mark.parametrize("total", [0, 1, 99, 100, 12345])
def test_discount_never_goes_below_zero(total, percent):
    assert 0 <= discounted(total, percent) <= total


@pytest.mark.parametrize("percent", [-1, 101])
def test_discount_that_makes_no_sense(percent):
    with pytest.raises(ValueError):
        discounted(100, percent)


def test_saved_and_loaded(basket, prices, tmp_path):
    basket.add("plum", 3)
    save(basket, tmp_path / "basket.json")
    assert load(prices, tmp_path / "basket.json").items == {"plum": 3}


def test_output(basket, capsys):
    print(basket.total())
    assert capsys.readouterr().out == "0\n"


def test_environment(monkeypatch):
    import os

    monkeypatch.setenv("SHOP", "open")
    assert os.environ["SHOP"] == "open"


@pytest.mark.skip(reason="there is no delivery yet")
def test_delivery():
    raise AssertionError


@pytest.mark.xfail(reason="prices are whole numbers")
def test_half_prices(basket):
    basket.add("apple", 0.5)
    assert basket.total() == 10.5


def test_that_fails_on_purpose(basket):
    print("about to compare")
    basket.add("apple", 2)
    basket.add("plum")
    assert basket.items == {"apple": 2, "pear": 1}
