using Tarn.Core;
using Tarn.Lake;
using Tarn.Native;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class SourcesTests
{
    private static CancellationToken Cancel => DatasetFixture.Cancel;

    [Fact]
    public async Task A_manifest_gives_classes_splits_and_groups()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("x", 0, 8);
        var manifest = fixture.Combine("list.csv");
        File.WriteAllLines(manifest, ["File,Kind,Split,Restaurant", "x/0.jpg,pizza,test,", "x/1.jpg,pizza,val,", "x/2.jpg,pizza,,a", "x/3.jpg,other,,a", "x/4.jpg,,,", $"{fixture.Images}/x/5.jpg,\"a, b\",train,", "x/9.jpg,pizza,,"]);
        var columns = new ImageColumns { Path = "file", Label = "kind", Group = "restaurant" };
        var import = await fixture.Dataset().ImportAsync(ImageSource.Manifest(manifest, columns, fixture.Images), null, Cancel);
        Assert.Equal([(ImageCheck.Unlabelled, "x/4.jpg"), (ImageCheck.Unreadable, "x/9.jpg")], import.Refused.Select(static r => (r.Check, r.Subject)));
        var images = (await fixture.Dataset().SnapshotAsync(null, Cancel)).Images.ToDictionary(static i => i.Path);
        Assert.Equal((DatasetSplit.Test, DatasetSplit.Validation), (images["x/0.jpg"].Split, images["x/1.jpg"].Split));
        Assert.Equal((images["x/2.jpg"].Split, images["x/2.jpg"].GroupId, "a"), (images["x/3.jpg"].Split, images["x/3.jpg"].GroupId, images["x/3.jpg"].SourceGroup));
        Assert.Equal("a, b", images["x/5.jpg"].Label);

        // Another wish comes too late, and is told.
        File.WriteAllLines(manifest, ["file,kind,split", "x/0.jpg,pizza,train", "x/1.jpg,pizza,validation"]);
        var second = await fixture.Dataset().ImportAsync(ImageSource.Manifest(manifest, columns, fixture.Images), null, Cancel);
        Assert.Equal((ImageCheck.SplitStays, "x/0.jpg"), (Assert.Single(second.Told).Check, second.Told[0].Subject));
        Assert.Equal(DatasetSplit.Test, (await fixture.Dataset().SnapshotAsync(null, Cancel)).Images.Single(static i => i.Path == "x/0.jpg").Split);
    }

    [Fact]
    public async Task A_manifest_that_is_wrong_says_what()
    {
        await using var fixture = new DatasetFixture();
        var manifest = fixture.Combine("list.csv");
        File.WriteAllText(manifest, "name,label\na,b\n");
        Assert.Contains("column path", (await RefusedAsync()).Rule, StringComparison.Ordinal);
        File.WriteAllText(manifest, "path,label,split\na.jpg,b,holdout\n");
        Assert.Contains("holdout", (await RefusedAsync()).Value, StringComparison.Ordinal);
        File.WriteAllText(manifest, "path,label\na.jpg,b\na.jpg,c\n");
        Assert.Equal("a.jpg", (await RefusedAsync()).Value);
        Assert.Throws<TarnException>(static () => ImageSource.Manifest("/list.xlsx"));
        Assert.Throws<TarnException>(static () => ImageSource.Folder("photos"));

        Task<TarnException> RefusedAsync() => Assert.ThrowsAsync<TarnException>(() => fixture.Dataset().ImportAsync(ImageSource.Manifest(manifest), null, Cancel));
    }

    [Fact]
    public async Task A_table_of_the_lake_gives_bytes()
    {
        await using var fixture = new DatasetFixture();
        var raw = await fixture.Lake.EnsureTableAsync(TableDefinition.Of<RawPhoto>("bronze.photos"), Cancel);
        await raw.AppendAsync(Enumerable.Range(0, 10).Select(static i => new RawPhoto($"camera/{i}", i % 2 == 0 ? "even" : "odd", Photos.Jpeg(i))).ToList(), null, Cancel);
        var source = ImageSource.Query(fixture.Lake, "select id as path, label, picture as content from bronze.photos");
        await Assert.ThrowsAsync<TarnException>(() => fixture.Dataset().ImportAsync(source, null, Cancel));
        var dataset = fixture.Dataset(new ImageDatasetOptions { KeepContent = true });
        Assert.Equal(10, (await dataset.ImportAsync(source, null, Cancel)).Added);
        var snapshot = await dataset.SnapshotAsync(null, Cancel);
        var read = 0;
        await foreach (var file in snapshot.FilesAsync(snapshot.Of(DatasetSplit.Train), Cancel))
        {
            Assert.Equal(Photos.Jpeg(int.Parse(file.Image.Path[7..])), file.Read());
            read++;
        }

        Assert.Equal(snapshot.Of(DatasetSplit.Train).Count, read);
    }

    [Fact]
    public async Task A_row_that_is_delivered_again_says_nothing_new_and_one_that_differs_is_refused()
    {
        await using var fixture = new DatasetFixture();
        var raw = await fixture.Lake.EnsureTableAsync(TableDefinition.Of<RawPhoto>("bronze.photos"), Cancel);
        List<RawPhoto> photos = [.. Enumerable.Range(0, 10).Select(static i => new RawPhoto($"camera/{i}", i % 2 == 0 ? "even" : "odd", Photos.Jpeg(i)))];
        var source = ImageSource.Query(fixture.Lake, "select id as path, label, picture as content from bronze.photos");
        var dataset = fixture.Dataset(new ImageDatasetOptions { KeepContent = true });
        await raw.AppendAsync(photos, null, Cancel);
        await raw.AppendAsync(photos[..4], null, Cancel);
        var import = await dataset.ImportAsync(source, null, Cancel);
        Assert.Equal((10, 10, 0), (import.Seen, import.Added, import.Refused.Count));

        await raw.AppendAsync([photos[3] with { Picture = Photos.Jpeg(77) }], null, Cancel);
        var refused = await Assert.ThrowsAsync<TarnException>(() => dataset.ImportAsync(source, null, Cancel));
        Assert.Equal("camera/3", refused.Value);
    }

    [Fact]
    public async Task A_manifest_may_be_a_Parquet_file()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("x", 0, 3);
        var manifest = fixture.Combine("list.parquet");
        using (var database = DuckDbDatabase.Open())
        using (var connection = database.Connect())
        {
            connection.Execute($"COPY (SELECT 'images/x/' || i || '.jpg' AS path, i % 2 AS label FROM range(3) t(i)) TO '{manifest}'");
        }

        Assert.Equal(3, (await fixture.Dataset().ImportAsync(ImageSource.Manifest(manifest), null, Cancel)).Added);
        Assert.Equal(["0", "1"], (await fixture.Dataset().SnapshotAsync(null, Cancel)).Classes);
    }

    private sealed record RawPhoto(string Id, string Label, byte[] Picture);
}
