from readingroom.core.seeds import derive_seed, generator


def test_each_purpose_has_a_seed_of_its_own_that_never_changes() -> None:
    seeds = {derive_seed(7, "a"), derive_seed(7, "b"), derive_seed(8, "a"), derive_seed(7, "a", 1)}
    assert len(seeds) == 4
    assert derive_seed(7, "partition") == 3502189302364384949
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_the_same_purpose_draws_the_same_numbers() -> None:
    assert (
        generator(7, "order", 3).integers(1000, size=5).tolist()
        == generator(7, "order", 3).integers(1000, size=5).tolist()
    )
