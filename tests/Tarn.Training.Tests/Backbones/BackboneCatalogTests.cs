using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class BackboneCatalogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tarn-backbones-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_knows_the_usual_ones_each_with_its_own_preparation()
    {
        var catalog = BackboneCatalog.Open(_folder);
        string[] expected = ["classical", "efficientnetb3", "efficientnetb5", "inceptionv3", "mobilenetv2", "resnet50", "squeezenet", "vgg16", "vgg16-keras", "xception"];
        Assert.Equal(expected, catalog.Entries.Select(static e => e.Name));
        Assert.All(catalog.Entries, static e => Assert.True(e.IsBuiltIn && e.Description.Length > 0));
        Assert.Equal(299, catalog.Find("Xception").Width);
        Assert.Equal((456, 1.0, 0.0), (catalog.Find("efficientnetb5").Height, catalog.Find("efficientnetb5").Scale, catalog.Find("efficientnetb5").Mean[0]));

        // White and black, as each of the makers' own functions gives them.
        AssertRange("xception", -1, 1);
        AssertRange("inceptionv3", -1, 1);
        AssertRange("efficientnetb3", 0, 255);
        AssertRange("vgg16-keras", -103.939, 151.061);
        AssertRange("squeezenet", -103.939, 151.061);
        AssertRange("resnet50", -2.117904, 2.248908);

        void AssertRange(string name, double black, double white)
        {
            var e = catalog.Find(name);
            Assert.Equal(black, ((0 * e.Scale) - e.Mean[0]) / e.Std[0], 1e-4);
            Assert.Equal(white, ((255 * e.Scale) - e.Mean[0]) / e.Std[0], 1e-4);
        }
    }

    [Fact]
    public void An_absent_file_says_how_to_get_it_and_where_it_goes()
    {
        var catalog = BackboneCatalog.Open(_folder);
        foreach (var entry in catalog.Entries.Where(static e => e.Name != "classical"))
        {
            Assert.False(catalog.IsPresent(entry));
            var error = Assert.Throws<TarnException>(() => catalog.Load(entry.Name));
            Assert.Equal(ErrorKind.NotFound, error.Kind);
            Assert.Equal(Path.Combine(_folder, entry.File), error.Value);
            Assert.Contains($"tarn backbones add {entry.Name}", error.Remedy!, StringComparison.Ordinal);
            Assert.Contains(entry.Url ?? "keras.applications", error.Remedy!, StringComparison.Ordinal);
        }

        Assert.Contains("classical", Assert.Throws<TarnException>(() => catalog.Load("none")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_added_is_pinned_and_found_by_those_who_come_after()
    {
        var catalog = BackboneCatalog.Open(_folder);
        var file = SmallGraph.Network().ToBytes();
        var added = catalog.Add(BackboneTests.Entry() with { Mean = [1, 2, 3], Scale = 1 / 127.5, Resize = ResizePolicy.Crop, Channels = ChannelOrder.Bgr, HowToGet = "ask: the # author" }, file);
        Assert.Equal(OnnxModel.Sha256(file), added.Sha256);
        foreach (var seen in new[] { catalog, BackboneCatalog.Open(_folder) })
        {
            var found = seen.Find("small");
            Assert.Equal(added with { Mean = found.Mean, Std = found.Std }, found);
            Assert.Equal([1.0, 2, 3], found.Mean);
            Assert.Equal(8, seen.Load("small").EmbeddingSize);
        }

        // Entries that were there stay, also what a person wrote.
        File.AppendAllText(Path.Combine(_folder, BackboneCatalog.FileName), "\nmine:\n  size: [24, 32]\n  mean: 0.5\n");
        BackboneCatalog.Open(_folder).Add(BackboneTests.Entry() with { Name = "third" }, file);
        var all = BackboneCatalog.Open(_folder);
        Assert.Equal((24, 32, "mine.onnx", 0.5), (all.Find("mine").Width, all.Find("mine").Height, all.Find("mine").File, all.Find("mine").Mean[2]));
        Assert.Equal("third", all.Find("third").Name);
    }

    [Fact]
    public void A_file_that_is_another_than_the_pinned_one_is_named_with_both_hashes()
    {
        var catalog = BackboneCatalog.Open(_folder);
        var file = SmallGraph.Network().ToBytes();
        var added = catalog.Add(BackboneTests.Entry(), file);
        var path = Path.Combine(_folder, added.File);
        file[^1] ^= 1;
        File.WriteAllBytes(path, file);
        var error = Assert.Throws<TarnException>(() => catalog.Load("small"));
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains(added.Sha256!, error.Rule, StringComparison.Ordinal);
        Assert.Contains(OnnxModel.Sha256(file), error.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_does_not_fit_changes_nothing()
    {
        var catalog = BackboneCatalog.Open(_folder);
        Assert.Throws<TarnException>(() => catalog.Add(BackboneTests.Entry(side: 99), SmallGraph.Network().ToBytes()));
        Assert.Throws<TarnException>(() => catalog.Add(BackboneTests.Entry(), [1, 2, 3]));
        Assert.Throws<TarnException>(() => catalog.Add(BackboneTests.Entry() with { Name = "../up" }, SmallGraph.Network().ToBytes()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("a: {size: 224, layot: nchw}", "layot")]
    [InlineData("a: {file: a.onnx}", "size")]
    [InlineData("a: {size: big}", "number")]
    [InlineData("a: {size: 224, layout: sideways}", "sideways")]
    [InlineData("a: {size: 224, std: [1, 0, 1]}", "std")]
    [InlineData("a: {size: 224, sha256: abc}", "sha256")]
    [InlineData("a: {size: 4}", "16 to 2,048")]
    [InlineData("- a", "maps names")]
    [InlineData("a: {", "YAML")]
    public void What_is_wrong_in_the_catalogue_is_named(string yaml, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, BackboneCatalog.FileName), yaml);
        var error = Assert.Throws<TarnException>(() => BackboneCatalog.Open(_folder));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
