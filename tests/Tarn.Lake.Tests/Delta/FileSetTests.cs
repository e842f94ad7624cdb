using Xunit;

namespace Tarn.Lake.Tests;

public sealed class FileSetTests
{
    [Theory]
    [InlineData(1, 50)]
    [InlineData(2, 3000)]
    public void Versions_hold_what_a_dictionary_would_and_do_not_disturb_each_other(int seed, int mostInCommit)
    {
        var random = new Random(seed);
        var reference = new SortedDictionary<string, DataFile>(StringComparer.Ordinal);
        var files = FileSet.Empty;
        var kept = new List<(FileSet Files, string[] Paths)>();
        for (var version = 0; version < 200; version++)
        {
            var builder = files.ToBuilder();
            for (var n = random.Next(mostInCommit); n > 0; n--)
            {
                var path = $"f{random.Next(5000)}";
                Assert.Equal(reference.ContainsKey(path), builder.TryGetValue(path, out var there));
                if (reference.Remove(path))
                {
                    Assert.Equal(path, there!.Path);
                    builder.Remove(path);
                }

                if (random.Next(3) > 0)
                {
                    var file = new DataFile(new AddFile { Path = path, Size = version });
                    builder.Add(path, file);
                    reference[path] = file;
                }
            }

            files = builder.ToImmutable();
            Assert.Equal(reference.Count, files.Count);
            Assert.Equal(reference.Values, files.Ordered);
            Assert.Equal(reference.Keys, files.Keys.Order(StringComparer.Ordinal));
            Assert.All(reference.Keys.Take(20), k => Assert.Same(reference[k], files[k]));
            Assert.False(files.ContainsKey("none"));
            kept.Add((files, [.. reference.Keys]));
        }

        Assert.All(kept.Where((_, i) => i % 10 == 0), static k => Assert.Equal(k.Paths, k.Files.Ordered.Select(static f => f.Path)));
    }
}
