using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Who answers a request.</summary>
public sealed class RouteTests
{
    private const int Requests = 60_000;

    [Theory]
    [InlineData(1, new double[] { 90, 10 })]
    [InlineData(2, new double[] { 1, 1 })]
    [InlineData(3, new double[] { 0.5, 99.5 })]
    [InlineData(4, new double[] { 5, 3, 2, 7 })]
    public void Chance_follows_the_weights(int seed, double[] weights)
    {
        var (route, random) = (RouteOf(weights), new Random(seed));
        AssertShares(route, _ => route.Choose("", "", (ulong)random.NextInt64(long.MinValue, long.MaxValue)), seed);
    }

    [Theory]
    [InlineData(1, new double[] { 90, 10 })]
    [InlineData(2, new double[] { 1, 1 })]
    [InlineData(3, new double[] { 0.5, 99.5 })]
    [InlineData(4, new double[] { 5, 3, 2, 7 })]
    public void Users_are_dealt_by_the_weights(int seed, double[] weights)
    {
        var route = RouteOf(weights);
        AssertShares(route, i => route.Choose($"user-{seed}-{i}", "", 0), seed);
    }

    [Fact]
    public void A_user_keeps_a_variant_whatever_the_random_number_is_and_in_whatever_order_variants_stand()
    {
        Variant[] variants = [Of("a", 50), Of("b", 30), Of("c", 20)];
        var route = new Route(variants, null, "x-user", "salt");
        var turned = new Route([.. variants.Reverse()], null, "x-user", "salt");
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(route.Choose($"user{i}", "", 0), turned.Choose($"user{i}", "", ulong.MaxValue));
        }
    }

    [Fact]
    public void The_variant_of_a_key_is_the_same_in_every_version_of_the_program()
    {
        var route = new Route([Of("a", 50), Of("b", 30), Of("c", 20)], null, "x-user", "salt");
        string[] keys = ["k", "é𝄞", "abcd", "0123456789abcdef", .. Enumerable.Range(0, 36).Select(static i => $"user-{i}")];
        Assert.Equal("aabaabbaacbaacacabaacaaaabcacacabcccaaaa", string.Concat(keys.Select(k => route.Choose(k, "", 0).Name)));
    }

    [Theory]
    [InlineData(new double[] { 90, 10 }, new double[] { 80, 20 })]
    [InlineData(new double[] { 99, 1 }, new double[] { 50, 50 })]
    [InlineData(new double[] { 50, 30, 20 }, new double[] { 50, 30, 120 })]
    [InlineData(new double[] { 50, 30, 20 }, new double[] { 50, 30, 0 })]
    public void Where_a_weight_changes_only_the_share_moves_that_must(double[] before, double[] after)
    {
        var (one, other) = (RouteOf(before), RouteOf(after));
        var (moved, isGrowing) = (0, other.ShareOf(other.Variants[^1]) > one.ShareOf(one.Variants[^1]));
        for (var i = 0; i < Requests; i++)
        {
            var (from, to) = (one.Choose($"u{i}", "", 0).Name, other.Choose($"u{i}", "", 0).Name);
            if (from != to)
            {
                Assert.Equal(one.Variants[^1].Name, isGrowing ? to : from);
                moved++;
            }
        }

        var expected = Math.Abs(other.ShareOf(other.Variants[^1]) - one.ShareOf(one.Variants[^1]));
        Assert.InRange((double)moved / Requests, expected - (4 * Math.Sqrt(expected / Requests)), expected + (4 * Math.Sqrt(expected / Requests)));
    }

    [Fact]
    public void Another_salt_deals_users_anew()
    {
        var (one, other) = (new Route([Of("a", 1), Of("b", 1)], null, "x-user", "may"), new Route([Of("a", 1), Of("b", 1)], null, "x-user", "june"));
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => one.Choose($"u{i}", "", 0).Name == other.Choose($"u{i}", "", 0).Name), 4_800, 5_200);
    }

    [Fact]
    public void A_variant_of_weight_0_is_never_chosen_and_answers_who_asks_for_it_by_name()
    {
        var route = new Route([Of("off", 0), Of("on", 1), Of("last", 0)], null, "x-user");
        ulong[] edges = [0, 1, ulong.MaxValue, ulong.MaxValue - 1, 1UL << 63];
        Assert.All(edges, r => Assert.Equal("on", route.Choose("", "", r).Name));
        Assert.All(Enumerable.Range(0, 1000), i => Assert.Equal("on", route.Choose($"u{i}", "", 0).Name));
        Assert.Equal("off", route.Choose("u", "off", 0).Name);
    }

    [Fact]
    public void A_name_that_no_variant_has_is_refused_with_those_that_there_are()
    {
        var error = Assert.Throws<TarnException>(() => RouteOf(1, 2).Choose("u", "z", 0));
        Assert.Equal((ErrorKind.InvalidInput, "z", "It has a, b."), (error.Kind, error.Value, error.Remedy));
    }

    [Fact]
    public void A_key_is_not_looked_at_where_users_keep_no_variant() =>
        Assert.NotEqual(new Route([Of("a", 1), Of("b", 1)]).Choose("u", "", 0), new Route([Of("a", 1), Of("b", 1)]).Choose("u", "", ulong.MaxValue));

    [Fact]
    public void Choosing_allocates_nothing()
    {
        var route = new Route([Of("a", 50), Of("b", 50)], [new Shadow("s", VariantTarget.OfVersion(1), 0.5)], "x-user", "salt");
        var found = 0;
        void Choose()
        {
            for (var i = 0UL; i < 1000; i++)
            {
                found += route.Choose("user-1", "", i).Name.Length + route.Choose("", "b", i).Name.Length + route.Choose("", "", i << 50).Name.Length;
                found += route.Shadows[0].ShouldMirror(i) ? 1 : 0;
            }
        }

        Choose();
        Assert.Equal(0, Garbage.LeastOf(Choose));
        Assert.NotEqual(0, found);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(0.1, 0.095, 0.105)]
    public void A_shadow_gets_its_fraction_whichever_variant_answers(double fraction, double least, double most)
    {
        var route = new Route([Of("a", 50), Of("b", 50)], [new Shadow("s", VariantTarget.OfVersion(1), fraction), new Shadow("t", VariantTarget.OfVersion(2), 0.5)]);
        var random = new Random(8);
        var (all, mirrored, both) = (new int[2], new int[2], 0);
        for (var i = 0; i < 2 * Requests; i++)
        {
            var bits = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            var arm = route.Choose("", "", bits).Name == "a" ? 0 : 1;
            var isMirrored = route.Shadows[0].ShouldMirror(bits);
            all[arm]++;
            mirrored[arm] += isMirrored ? 1 : 0;
            both += isMirrored && route.Shadows[1].ShouldMirror(bits) ? 1 : 0;
        }

        Assert.InRange((double)mirrored[0] / all[0], least, most);
        Assert.InRange((double)mirrored[1] / all[1], least, most);
        Assert.InRange((double)both / (2 * Requests), least / 2.2, most / 1.8);
    }

    [Fact]
    public void All_that_is_wrong_with_a_route_is_told_at_once()
    {
        var error = Assert.Throws<TarnException>(() => new Route(
            [new Variant("Big", VariantTarget.OfVersion(0), -1), new Variant("a", VariantTarget.OfAlias("x y"), double.NaN), new Variant("a", new VariantTarget(), 0)],
            [new Shadow("s", VariantTarget.OfVersion(2), 1.5)],
            "x user",
            new string('s', 65)));
        foreach (var told in (string[])["Big: a name", "weight of Big = -1", "weight of a = NaN", "version 0", "alias x y", "a: no two", "fraction of s = 1.5", "sticky header = x user", "salt", "at least one is over 0"])
        {
            Assert.Contains(told, error.Value, StringComparison.Ordinal);
        }

        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Contains("1 to 100", Assert.Throws<TarnException>(static () => new Route([])).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Bits_of_the_mix_are_as_published() => Assert.Equal(0xE220A8397B1DCDAF, RouteHash.Mix(0x9E3779B97F4A7C15)); // SplitMix64's first output from the state 0.

    private static Route RouteOf(params double[] weights) => new([.. weights.Select(static (w, i) => Of(((char)('a' + i)).ToString(), w))], null, "x-user", "salt");

    private static Variant Of(string name, double weight) => new(name, VariantTarget.OfVersion(1), weight);

    // Pearson's statistic is over these bounds once in a thousand.
    private static void AssertShares(Route route, Func<int, Variant> choose, int seed)
    {
        double[] critical = [0, 10.83, 13.82, 16.27];
        var counts = new Dictionary<Variant, int>();
        for (var i = 0; i < Requests; i++)
        {
            var chosen = choose(i);
            counts[chosen] = counts.GetValueOrDefault(chosen) + 1;
        }

        var statistic = route.Variants.Sum(v => Math.Pow(counts.GetValueOrDefault(v) - (Requests * route.ShareOf(v)), 2) / (Requests * route.ShareOf(v)));
        Assert.True(statistic < critical[route.Variants.Count - 1], $"seed {seed}: chi-square {statistic} with {string.Join(", ", counts.Select(static c => $"{c.Key.Name} {c.Value}"))}");
    }
}
