using System.Security.Cryptography;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class SplitPlannerTests
{
    private static readonly ImageDatasetOptions Options = new();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(16)]
    public void The_index_finds_what_a_comparison_with_all_finds(int distance)
    {
        var random = new Random(7 + distance);
        var hashes = Enumerable.Range(0, 1500).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue)).ToList();

        // Neighbours at every distance up to 20.
        for (var i = 0; i < 500; i++)
        {
            var hash = hashes[random.Next(1500)];
            for (var flips = random.Next(21); flips > 0; flips--)
            {
                hash ^= 1UL << random.Next(64);
            }

            hashes.Add(hash);
        }

        var index = new HammingIndex(distance);
        hashes.ForEach(h => index.Add(h));
        var found = new List<(int Number, int Distance)>();
        for (var i = 0; i < hashes.Count; i += 3)
        {
            index.Find(hashes[i], found);
            var expected = Enumerable.Range(0, hashes.Count).Where(j => PerceptualHash.Distance(hashes[i], hashes[j]) <= distance).ToList();
            Assert.Equal(expected, found.Select(static f => f.Number).Order());
            Assert.All(found, f => Assert.Equal(PerceptualHash.Distance(hashes[i], hashes[f.Number]), f.Distance));
        }
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(10, 1)]
    [InlineData(101, 7)]
    [InlineData(787, 50)]
    public void Shares_are_held_in_every_class_to_an_image_however_it_grows(int images, int step)
    {
        var stored = new List<SplitCandidate>();
        foreach (var part in Enumerable.Range(0, images).Chunk(step))
        {
            stored = Grow(stored, [.. part.SelectMany(static i => new[] { New(i, "pizza"), New(100_000 + i, "other") })], Options);
        }

        foreach (var label in new[] { "pizza", "other" })
        {
            var splits = stored.Where(s => s.Label == label).ToLookup(static s => s.Split!.Value);
            foreach (var (split, share) in new[] { (DatasetSplit.Train, 0.7), (DatasetSplit.Validation, 0.15), (DatasetSplit.Test, 0.15) })
            {
                Assert.InRange(splits[split].Count(), (images * share) - 1, (images * share) + 1);
            }
        }
    }

    [Fact]
    public void By_hash_alone_a_split_does_not_depend_on_the_others()
    {
        var options = Options with { SplitRule = SplitRule.HashOnly };
        var all = Enumerable.Range(0, 2000).Select(static i => New(i, "a")).ToList();
        var together = Grow([], all, options).ToDictionary(static i => i.Sha256, static i => i.Split);
        var alone = Grow(Grow([], [.. all[..3]], options), [.. all[3..]], options);
        Assert.All(alone, i => Assert.Equal(together[i.Sha256], i.Split));
        Assert.InRange(together.Values.Count(static s => s == DatasetSplit.Train), 1320, 1480);
        var other = Grow([], all, options with { Seed = 1 });
        Assert.Contains(other, i => together[i.Sha256] != i.Split);
    }

    [Fact]
    public void The_order_of_images_does_not_matter()
    {
        var images = Enumerable.Range(0, 300).Select(static i => New(i, i % 3 == 0 ? "a" : "b")).ToList();
        var shuffled = images.ToList();
        new Random(5).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(shuffled));
        Assert.Equal(Places(SplitPlanner.Plan(images, Options)), Places(SplitPlanner.Plan(shuffled, Options)));
    }

    [Fact]
    public void A_chain_of_lookalikes_is_one_group()
    {
        // Each differs in 6 bits from the next: the ends have nothing in common.
        var chain = Enumerable.Range(0, 8).Select(static i => New(i, "a") with { Hash = (1UL << (6 * i)) - 1 }).ToList();
        var plan = SplitPlanner.Plan(chain, Options);
        Assert.Single(plan.Places.Values.Select(static p => (p.GroupId, p.Split)).Distinct());
        Assert.Equal(chain.Min(static c => c.Sha256), plan.Places.Values.First().GroupId);
    }

    [Fact]
    public void What_comes_later_joins_its_group_and_two_groups_become_one()
    {
        var first = New(1, "a") with { Hash = 0, GroupId = "g2", Split = DatasetSplit.Test };
        var second = New(2, "a") with { Hash = 0xFFFF, GroupId = "g1", Split = DatasetSplit.Test };
        var between = New(3, "a") with { Hash = 0xFF };
        var plan = SplitPlanner.Plan([first, second, between], Options);
        Assert.Equal(new SplitPlace("g1", DatasetSplit.Test, plan.Places[between.Sha256].Near), plan.Places[between.Sha256]);
        Assert.Equal("g1", Assert.Single(plan.Renamed, static r => r.Key == "g2").Value);
    }

    [Fact]
    public void What_stands_between_two_splits_is_left_out_and_nothing_moves()
    {
        var train = New(1, "a") with { Hash = 0, GroupId = "g1", Split = DatasetSplit.Train };
        var test = New(2, "a") with { Hash = 0xFFFF, GroupId = "g2", Split = DatasetSplit.Test };
        var between = New(3, "a") with { Hash = 0xFF };
        var beside = New(4, "a") with { Hash = 0xFF_0000_0000 | 0xFF };
        var plan = SplitPlanner.Plan([train, test, between, beside], Options with { NearDistance = 8 });
        Assert.Null(plan.Places[between.Sha256].Split);
        Assert.Equal([train.Sha256, test.Sha256], new[] { plan.Places[between.Sha256].Near!, plan.Places[between.Sha256].OtherNear! }.OrderBy(n => n == test.Sha256));
        Assert.NotNull(plan.Places[beside.Sha256].Split);
        Assert.Equal(beside.Sha256, plan.Places[beside.Sha256].GroupId);
    }

    [Fact]
    public void A_split_that_the_source_gives_is_kept_and_of_two_that_contradict_the_test_image_stays()
    {
        var train = New(1, "a") with { Hash = 0, Split = DatasetSplit.Train };
        var test = New(2, "a") with { Hash = 1, Split = DatasetSplit.Test };
        var free = New(3, "a") with { Hash = 3 };
        var plan = SplitPlanner.Plan([train, test, free, New(4, "b") with { Split = DatasetSplit.Validation }], Options);
        Assert.Equal(DatasetSplit.Test, plan.Places[test.Sha256].Split);
        Assert.Null(plan.Places[train.Sha256].Split);
        Assert.Equal(DatasetSplit.Test, plan.Places[free.Sha256].Split);
        Assert.Equal(DatasetSplit.Validation, plan.Places[New(4, "b").Sha256].Split);
    }

    [Fact]
    public void What_the_source_puts_together_stays_together_also_later()
    {
        var images = Enumerable.Range(0, 40).Select(static i => New(i, "a") with { SourceGroup = $"house {i % 8}" }).ToList();
        var stored = Grow(Grow([], images[..20], Options), images[20..], Options);
        Assert.Equal(40, stored.Count);
        Assert.All(stored.GroupBy(static s => s.SourceGroup), static g => Assert.Single(g.Select(static s => (s.Split, s.GroupId)).Distinct()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_comes_no_image_moves_and_no_lookalikes_are_apart(int seed)
    {
        var random = new Random(seed);
        var stored = new List<SplitCandidate>();
        var number = 0;
        for (var round = 0; round < 12; round++)
        {
            var before = stored.ToDictionary(static s => s.Sha256, static s => s.Split);
            var coming = Enumerable.Range(0, 40).Select(_ => New(++number, random.Next(3) == 0 ? "a" : "b") with
            {
                // Few bits: many chains, many that stand between two splits.
                Hash = (ulong)random.NextInt64() & 0x7FFF_FFFF,
                SourceGroup = random.Next(6) == 0 ? $"g{random.Next(30)}" : null,
                Split = random.Next(8) == 0 ? (DatasetSplit)random.Next(3) : null,
            }).ToList();
            stored = Grow(stored, coming, Options with { NearDistance = 4 });
            Assert.All(before, b => Assert.Equal(b.Value, stored.Single(s => s.Sha256 == b.Key).Split));
            for (var i = 0; i < stored.Count; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    if (PerceptualHash.Distance(stored[i].Hash!.Value, stored[j].Hash!.Value) <= 4 || (stored[i].SourceGroup is { } group && group == stored[j].SourceGroup))
                    {
                        Assert.True(stored[i].Split == stored[j].Split && stored[i].GroupId == stored[j].GroupId, $"seed {seed}, round {round}: {stored[i]} and {stored[j]}");
                    }
                }
            }
        }

        Assert.InRange(stored.Count, 100, number);
    }

    private static SplitCandidate New(int number, string label)
    {
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(number)));
        return new SplitCandidate(sha256, label, null, null, null, null);
    }

    private static List<SplitCandidate> Grow(List<SplitCandidate> stored, IReadOnlyList<SplitCandidate> coming, ImageDatasetOptions options)
    {
        var plan = SplitPlanner.Plan(stored.Concat(coming), options);
        return
        [
            .. stored.Select(s => s with { GroupId = plan.Renamed.GetValueOrDefault(s.GroupId!, s.GroupId!) }),
            .. coming.Where(c => plan.Places[c.Sha256].Split is not null).Select(c => c with { GroupId = plan.Places[c.Sha256].GroupId, Split = plan.Places[c.Sha256].Split }),
        ];
    }

    private static IEnumerable<(string, SplitPlace)> Places(SplitPlan plan) => plan.Places.Select(static p => (p.Key, p.Value)).OrderBy(static p => p.Key, StringComparer.Ordinal);
}
