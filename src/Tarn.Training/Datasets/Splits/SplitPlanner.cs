using System.Runtime.InteropServices;

namespace Tarn.Training;

/// <summary>
/// Places new images beside those of the dataset. Images that look alike, or that the source puts together, make a group, directly or through others, and a group is in one
/// split. No image of the dataset moves: a group that touches one of the dataset joins it; one that touches images of two splits is taken apart, and what stands
/// between the two is left out.
/// </summary>
internal sealed class SplitPlanner
{
    private readonly ImageDatasetOptions _options;
    private readonly SplitCandidate[] _all;
    private readonly List<(int Other, int Distance)>[] _near;
    private readonly Dictionary<string, SplitPlace> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _renamed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<int>> _members = new(StringComparer.Ordinal);
    private readonly ClassShares _shares;

    private SplitPlanner(IEnumerable<SplitCandidate> images, ImageDatasetOptions options)
    {
        _options = options;

        // The order of hashes, so that the order in which images come does not matter.
        _all = [.. images.OrderBy(static i => i.Sha256, StringComparer.Ordinal)];
        _near = new List<(int, int)>[_all.Length];
        _shares = new ClassShares(options);
    }

    public static SplitPlan Plan(IEnumerable<SplitCandidate> images, ImageDatasetOptions options)
    {
        var planner = new SplitPlanner(images, options);
        planner.Run();
        return new SplitPlan(planner._places, planner._renamed);
    }

    private void Run()
    {
        var sets = new DisjointSets(_all.Length);
        FindNear();
        for (var i = 0; i < _all.Length; i++)
        {
            _near[i].ForEach(n => sets.Join(i, n.Other));
        }

        foreach (var image in _all.Where(static i => i.IsStored))
        {
            _shares.Count(image.Label, image.Split!.Value, 1);
        }

        var free = new List<int[]>();
        foreach (var group in Enumerable.Range(0, _all.Length).GroupBy(sets.Find).Select(static g => g.ToArray()).Where(g => g.Any(i => !_all[i].IsStored)))
        {
            var splits = group.Select(i => _all[i].Split).OfType<DatasetSplit>().Distinct().ToArray();
            switch (splits.Length)
            {
                case 0:
                    free.Add(group);
                    break;
                case 1:
                    Place(group, splits[0], count: true);
                    break;
                default:
                    free.AddRange(TakeApart(group));
                    break;
            }
        }

        foreach (var (order, group) in free.Select(g => (Order: g.Min(i => ClassShares.Order(_all[i].Sha256, _options.Seed)), g)).OrderBy(static g => g.Order))
        {
            Place(group, _shares.Place(MainLabel(group), order, group.Length), count: false);
        }
    }

    /// <summary>Who looks like whom or belongs to whom: for new images all, for the dataset's the new ones and one of their own group.</summary>
    private void FindNear()
    {
        var index = new HammingIndex(Math.Max(0, _options.NearDistance));
        var numbers = new List<int>();
        var groups = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < _all.Length; i++)
        {
            _near[i] = [];
            if (_options.NearDistance >= 0 && _all[i].Hash is { } hash)
            {
                index.Add(hash);
                numbers.Add(i);
            }
        }

        var found = new List<(int Number, int Distance)>();
        for (var i = 0; i < _all.Length; i++)
        {
            var image = _all[i];
            if (_options.NearDistance >= 0 && image.Hash is { } hash && !image.IsStored)
            {
                index.Find(hash, found);
                foreach (var (number, distance) in found)
                {
                    // Two new images find each other; one time is enough.
                    if (numbers[number] is var other && (other < i || _all[other].IsStored))
                    {
                        Link(i, other, distance);
                    }
                }
            }

            // Members of a group hang on its first: the group of the dataset, and the group of the source.
            if (image.GroupId is { } own)
            {
                Link(groups, "own " + own, i);
            }

            if (image.SourceGroup is { } given)
            {
                Link(groups, "given " + given, i);
                (CollectionsMarshal.GetValueRefOrAddDefault(_members, given, out _) ??= []).Add(i);
            }
        }
    }

    private void Link(Dictionary<string, int> groups, string key, int image)
    {
        if (!groups.TryAdd(key, image))
        {
            Link(image, groups[key], 0);
        }
    }

    private void Link(int a, int b, int distance)
    {
        _near[a].Add((b, distance));
        _near[b].Add((a, distance));
    }

    /// <summary>Whom an image looks like or belongs to: all members of its source's group, not only the first.</summary>
    private IEnumerable<(int Other, int Distance)> Around(int image) =>
        _all[image].SourceGroup is { } given ? _near[image].Concat(_members[given].Where(m => m != image).Select(static m => (m, 0))) : _near[image];

    /// <summary>Gives a split to the new images of a group, and one name to all of it.</summary>
    private void Place(IReadOnlyCollection<int> group, DatasetSplit split, bool count)
    {
        var stored = group.Select(i => _all[i].GroupId).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var id = stored.Count > 0 ? stored[0] : _all[group.Min()].Sha256;
        foreach (var other in stored.Skip(1))
        {
            _renamed[other] = id;
        }

        foreach (var i in group.Where(i => !_all[i].IsStored))
        {
            var near = _near[i].Count == 0 ? null : _all[_near[i].MinBy(static n => (n.Distance, n.Other)).Other].Sha256;
            _places[_all[i].Sha256] = new SplitPlace(id, split, near);
            if (count)
            {
                _shares.Count(_all[i].Label, split, 1);
            }
        }
    }

    /// <summary>Grows each split's part of a group from the images whose splits are settled, and leaves out what would join two.</summary>
    /// <returns>Groups that touch none of it any more.</returns>
    private IEnumerable<int[]> TakeApart(int[] group)
    {
        var settled = group.Where(i => _all[i].IsStored).ToDictionary(static i => i, i => _all[i].Split!.Value);
        var waiting = new PriorityQueue<int, (int Given, int Distance, int Image)>();

        // What the source says is heard first, for the test split before the others: it is the one that must not be spoilt.
        foreach (var i in group.Where(i => !_all[i].IsStored && _all[i].Split is not null))
        {
            waiting.Enqueue(i, (2 - (int)_all[i].Split!.Value, 0, i));
        }

        foreach (var i in settled.Keys)
        {
            Wait(i);
        }

        var left = group.Where(i => !_all[i].IsStored).ToHashSet();
        while (waiting.TryDequeue(out var i, out _))
        {
            if (!left.Remove(i))
            {
                continue;
            }

            var around = Around(i).Where(n => settled.ContainsKey(n.Other)).OrderBy(static n => n.Distance).ThenBy(static n => n.Other).ToList();
            var split = _all[i].Split ?? settled[around[0].Other];
            var strangers = around.Where(n => settled[n.Other] != split).ToList();
            if (strangers.Count > 0)
            {
                var friend = around.Where(n => settled[n.Other] == split).Select(n => _all[n.Other].Sha256).FirstOrDefault();
                _places[_all[i].Sha256] = new SplitPlace("", null, friend, _all[strangers[0].Other].Sha256);
                continue;
            }

            settled[i] = split;
            Wait(i);
        }

        foreach (var part in Parts(group.Where(settled.ContainsKey)))
        {
            if (part.Any(i => !_all[i].IsStored))
            {
                Place(part, settled[part[0]], count: true);
            }
        }

        return Parts(left);

        void Wait(int from)
        {
            foreach (var (other, distance) in Around(from).Where(n => !_all[n.Other].IsStored))
            {
                waiting.Enqueue(other, (3, distance, other));
            }
        }
    }

    /// <summary>Images that hang together among these alone.</summary>
    private IEnumerable<int[]> Parts(IEnumerable<int> images)
    {
        var among = images.ToHashSet();
        var sets = new DisjointSets(_all.Length);
        foreach (var i in among)
        {
            foreach (var (other, _) in Around(i).Where(n => among.Contains(n.Other)))
            {
                sets.Join(i, other);
            }
        }

        return among.Order().GroupBy(sets.Find).Select(static g => g.ToArray()).ToList();
    }

    private string MainLabel(int[] group) =>
        group.GroupBy(i => _all[i].Label, StringComparer.Ordinal).OrderByDescending(static g => g.Count()).ThenBy(static g => g.Key, StringComparer.Ordinal).First().Key;
}
