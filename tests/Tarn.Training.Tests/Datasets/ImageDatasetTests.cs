using Tarn.Core;
using Tarn.Lake;
using Tarn.Native;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class ImageDatasetTests
{
    private static CancellationToken Cancel => DatasetFixture.Cancel;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_folder_becomes_a_table_and_the_same_again_changes_nothing(bool keep)
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 20);
        fixture.Draw("other", 100, 10);
        var options = new ImageDatasetOptions { KeepContent = keep };
        var first = await fixture.ImportAsync(options);
        Assert.Equal((30, 30, 0, 0), (first.Seen, first.Added, first.Unchanged, first.Refused.Count));
        var again = await fixture.ImportAsync(options);
        Assert.Equal((0, 30, first.Version), (again.Added, again.Unchanged, again.Version));

        var dataset = await fixture.Dataset(options).SnapshotAsync(null, Cancel);
        Assert.Equal(["other", "pizza"], dataset.Classes);
        Assert.Equal((14, 3, 3), (dataset.Count("pizza", DatasetSplit.Train), dataset.Count("pizza", DatasetSplit.Validation), dataset.Count("pizza", DatasetSplit.Test)));
        var image = dataset.Images.Single(static i => i.Path == "pizza/7.jpg");
        Assert.Equal((96, 72, "jpeg", 1), (image.Width, image.Height, image.Format, image.Frames));
        var read = new Dictionary<string, byte[]>();
        await foreach (var file in dataset.FilesAsync(dataset.Images, Cancel))
        {
            read[file.Image.Path] = file.Read();
        }

        Assert.Equal(30, read.Count);
        Assert.Equal(Photos.Jpeg(7), read["pizza/7.jpg"]);
    }

    [Fact]
    public async Task A_version_stays_as_it_was_and_nothing_moves_as_the_dataset_grows()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 30);
        var first = await fixture.ImportAsync();
        var before = await fixture.Dataset().SnapshotAsync(first.Version, Cancel);
        fixture.Draw("pizza", 30, 30);
        fixture.Draw("other", 100, 25);
        var second = await fixture.ImportAsync();
        Assert.Equal((55, 30), (second.Added, second.Unchanged));
        var now = (await fixture.Dataset().SnapshotAsync(null, Cancel)).Images.ToDictionary(static i => i.Sha256);
        Assert.All(before.Images, i => Assert.Equal(i, now[i.Sha256]));
        var then = await fixture.Dataset().SnapshotAsync(first.Version, Cancel);
        Assert.Equal(before.Images, then.Images);
    }

    [Fact]
    public async Task A_lookalike_that_comes_later_joins_the_split_of_its_group()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 24);
        await fixture.ImportAsync();
        for (var i = 0; i < 24; i++)
        {
            Photos.Write(fixture.Images, $"pizza/copy-{i}.png", ImageCodec.EncodePng(Photos.Draw(i, 130, 100)));
        }

        Assert.Equal(24, (await fixture.ImportAsync()).Added);
        var images = (await fixture.Dataset().SnapshotAsync(null, Cancel)).Images.ToDictionary(static i => i.Path);
        for (var i = 0; i < 24; i++)
        {
            Assert.Equal((images[$"pizza/{i}.jpg"].Split, images[$"pizza/{i}.jpg"].GroupId), (images[$"pizza/copy-{i}.png"].Split, images[$"pizza/copy-{i}.png"].GroupId));
        }
    }

    [Fact]
    public async Task Same_bytes_are_one_image_and_same_bytes_of_two_classes_are_none()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 4);
        Photos.Write(fixture.Images, "pizza/again.jpg", Photos.Jpeg(2));
        Photos.Write(fixture.Images, "pizza/which.jpg", Photos.Jpeg(50));
        Photos.Write(fixture.Images, "other/which.jpg", Photos.Jpeg(50));
        var import = await fixture.ImportAsync();
        Assert.Equal(4, import.Added);
        Assert.Equal([(ImageCheck.ContradictoryLabel, "other/which.jpg"), (ImageCheck.Duplicate, "pizza/again.jpg"), (ImageCheck.ContradictoryLabel, "pizza/which.jpg")], import.Refused.Select(static r => (r.Check, r.Subject)));
        Assert.Equal("pizza/2.jpg", import.Refused[1].Related);

        // Once the source is right, the image comes in.
        File.Delete(Path.Combine(fixture.Images, "other/which.jpg"));
        Assert.Equal(1, (await fixture.ImportAsync()).Added);
        Assert.Equal(3, (await fixture.Dataset().QuarantinedAsync(Cancel)).Count);
    }

    [Fact]
    public async Task A_class_is_corrected_at_its_place_and_nowhere_else()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 6);
        var manifest = fixture.Combine("list.csv");
        File.WriteAllLines(manifest, ["path,label", .. Enumerable.Range(0, 6).Select(static i => $"images/pizza/{i}.jpg,pizza")]);
        var dataset = fixture.Dataset();
        await dataset.ImportAsync(ImageSource.Manifest(manifest), null, Cancel);
        var before = (await dataset.SnapshotAsync(null, Cancel)).Images.Single(static i => i.Path.EndsWith("/3.jpg", StringComparison.Ordinal));
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("pizza/3.jpg,pizza", "pizza/3.jpg,tart", StringComparison.Ordinal));
        var second = await dataset.ImportAsync(ImageSource.Manifest(manifest), null, Cancel);
        Assert.Equal((0, 1, 5), (second.Added, second.Updated, second.Unchanged));
        var after = (await dataset.SnapshotAsync(null, Cancel)).Images.Single(i => i.Sha256 == before.Sha256);
        Assert.Equal(before with { Label = "tart" }, after);

        Photos.Write(fixture.Images, "bread/copy.jpg", Photos.Jpeg(3));
        var third = await fixture.ImportAsync();
        Assert.Equal(ImageCheck.ContradictoryLabel, third.Refused.Single(static r => r.Subject == "bread/copy.jpg").Check);
        Assert.Equal("tart", (await dataset.SnapshotAsync(null, Cancel)).Images.Single(i => i.Sha256 == before.Sha256).Label);
    }

    [Fact]
    public async Task A_file_that_was_replaced_gives_way_and_is_not_lost()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 5);
        var options = new ImageDatasetOptions { KeepContent = true };
        var first = await fixture.ImportAsync(options);
        Photos.Write(fixture.Images, "pizza/1.jpg", Photos.Jpeg(77));
        var second = await fixture.ImportAsync(options);
        Assert.Equal((1, 1, 4), (second.Added, second.Replaced, second.Unchanged));
        Assert.Equal(5, (await fixture.Dataset(options).SnapshotAsync(null, Cancel)).Images.Count);
        await using var rows = await fixture.Lake.Sql.QueryAsync("select content from silver.photos_quarantine where \"check\" = 'replaced'", null, Cancel);
        Assert.Equal(Photos.Jpeg(1), (byte[])Assert.Single(await rows.ToListAsync(Cancel))[0]!);
        var old = await fixture.Dataset(options).SnapshotAsync(first.Version, Cancel);
        await foreach (var file in old.FilesAsync([.. old.Images.Where(static i => i.Path == "pizza/1.jpg")], Cancel))
        {
            Assert.Equal(Photos.Jpeg(1), file.Read());
        }
    }

    [Fact]
    public async Task A_changed_file_is_not_taken_for_the_image_and_a_moved_folder_can_be_named()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 4);
        await fixture.ImportAsync();
        File.WriteAllBytes(Path.Combine(fixture.Images, "pizza/2.jpg"), Photos.Jpeg(99));
        var dataset = await fixture.Dataset().SnapshotAsync(null, Cancel);
        await foreach (var file in dataset.FilesAsync([.. dataset.Images.Where(static i => i.Path == "pizza/2.jpg")], Cancel))
        {
            Assert.Contains("pizza/2.jpg", Assert.Throws<TarnException>(() => file.Read()).Value, StringComparison.Ordinal);
        }

        File.WriteAllBytes(Path.Combine(fixture.Images, "pizza/2.jpg"), Photos.Jpeg(2));
        Directory.Move(fixture.Images, fixture.Combine("moved"));
        var moved = await fixture.Dataset(new ImageDatasetOptions { Root = fixture.Combine("moved") }).SnapshotAsync(null, Cancel);
        await foreach (var file in moved.FilesAsync(moved.Images, Cancel))
        {
            Assert.NotEmpty(file.Read());
        }

        // Imported from its new place, the rows follow.
        var import = await fixture.Dataset().ImportAsync(ImageSource.Folder(fixture.Combine("moved")), null, Cancel);
        Assert.Equal((0, 4, 0), (import.Added, import.Updated, import.Refused.Count));
        Assert.All((await fixture.Dataset().SnapshotAsync(null, Cancel)).Images, i => Assert.Equal(fixture.Combine("moved"), i.Root));
    }

    [Fact]
    public async Task An_import_that_is_stopped_half_way_goes_on_the_next_time()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 30);
        for (var i = 0; i < 30; i++)
        {
            Photos.Write(fixture.Images, $"pizza/copy-{i}.png", ImageCodec.EncodePng(Photos.Draw(i, 130, 100)));
        }

        var options = new ImageDatasetOptions { KeepContent = true, ContentBytesPerCommit = 100_000 };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var commits = 0;
        void Stop(TableCommitted committed) => (committed.Operation == "IMPORT" && ++commits == 3 ? stop : null)?.Cancel();
        fixture.Lake.Committed += Stop;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Dataset(options).ImportAsync(ImageSource.Folder(fixture.Images), null, stop.Token));
        fixture.Lake.Committed -= Stop;
        var half = await fixture.Dataset(options).SnapshotAsync(null, Cancel);
        Assert.InRange(half.Images.Count, 3, 59);

        var rest = await fixture.ImportAsync(options);
        Assert.Equal((60, half.Images.Count), (rest.Added + rest.Unchanged, rest.Unchanged));
        var whole = (await fixture.Dataset(options).SnapshotAsync(null, Cancel)).Images.ToDictionary(static i => i.Path);
        Assert.All(half.Images, i => Assert.Equal(i.Split, whole[i.Path].Split));
        Assert.All(Enumerable.Range(0, 30), i => Assert.Equal(whole[$"pizza/{i}.jpg"].Split, whole[$"pizza/copy-{i}.png"].Split));
    }

    [Fact]
    public async Task Two_importers_at_once_leave_one_dataset()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 12);
        for (var i = 0; i < 12; i++)
        {
            Photos.Write(fixture.Combine("more"), $"pizza/{i}.png", ImageCodec.EncodePng(Photos.Draw(i, 110, 90)));
        }

        await Task.WhenAll(fixture.ImportAsync(), Task.Run(() => fixture.Dataset().ImportAsync(ImageSource.Folder(fixture.Combine("more")), null, Cancel)), fixture.ImportAsync());
        var images = (await fixture.Dataset().SnapshotAsync(null, Cancel)).Images;
        Assert.Equal(24, images.Count);
        Assert.All(images.GroupBy(static i => i.GroupId), static g => Assert.Single(g.Select(static i => i.Split).Distinct()));
        Assert.Equal(12, images.Select(static i => i.GroupId).Distinct().Count());
    }

    [Fact]
    public async Task Whoever_judges_by_the_test_images_stands_in_the_ledger()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 20);
        await fixture.ImportAsync();
        var dataset = fixture.Dataset();
        var snapshot = await dataset.SnapshotAsync(null, Cancel);
        var first = await dataset.UseTestAsync(snapshot, "run-1", "evaluation", Cancel);
        Assert.True(first.IsFirst);
        Assert.Null(first.Warning);
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await dataset.UseTestAsync(snapshot, "run-1", "evaluation", Cancel)).IsFirst);
        Assert.True((await dataset.UseTestAsync(snapshot, "run-1", "gate", Cancel)).IsFirst);
        fixture.Time.Advance(TimeSpan.FromMinutes(1));

        // Another version with the same test images is no new test.
        Photos.Write(fixture.Images, "pizza/copy.png", ImageCodec.EncodePng(Photos.Draw(int.Parse(Path.GetFileNameWithoutExtension(snapshot.Of(DatasetSplit.Train)[0].Path)), 120, 90)));
        await fixture.ImportAsync();
        var grown = await dataset.SnapshotAsync(null, Cancel);
        Assert.NotEqual(snapshot.Version, grown.Version);
        var second = await dataset.UseTestAsync(grown, "run-2", "evaluation", Cancel);
        Assert.Equal(["run-1", "run-1"], second.EarlierUses.Select(static u => u.UsedBy));
        Assert.Contains("run-1", second.Warning, StringComparison.Ordinal);
        Assert.Equal([snapshot.Version, snapshot.Version, grown.Version], (await dataset.TestUsesAsync(Cancel)).Select(static u => u.DatasetVersion));

        fixture.Draw("pizza", 20, 20);
        await fixture.ImportAsync();
        Assert.True((await dataset.UseTestAsync(await dataset.SnapshotAsync(null, Cancel), "run-3", "evaluation", Cancel)).IsFirst);
    }

    [Fact]
    public void Options_out_of_range_are_told_all_at_once()
    {
        var errors = new ImageDatasetOptions { TrainShare = 0.9, NearDistance = 17, MinimumSide = 0, Threads = -1, ImbalanceRatio = 0.5, Root = "photos" }.Errors();
        Assert.Equal(6, errors.Count);
    }
}
