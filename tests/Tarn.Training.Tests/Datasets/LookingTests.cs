using Tarn.Core;
using Tarn.Lake;
using Tarn.Native;
using Xunit;

namespace Tarn.Training.Tests;

/// <summary>What those need who look at datasets: finding them, an image's bytes, small pictures.</summary>
public sealed class LookingTests
{
    private static CancellationToken Cancel => DatasetFixture.Cancel;

    [Fact]
    public async Task Datasets_are_the_tables_that_have_their_columns()
    {
        await using var fixture = new DatasetFixture();
        Assert.Empty(await ImageDataset.ListAsync(fixture.Lake, Cancel));
        fixture.Draw("pizza", 0, 3);
        Photos.Write(fixture.Images, "pizza/tiny.png", ImageCodec.EncodePng(Photos.Draw(9, 8, 8)));
        await fixture.ImportAsync();
        await fixture.Lake.EnsureTableAsync(TableDefinition.Of<TestUse>("gold.others"), Cancel);
        Assert.Equal(["silver.photos"], await ImageDataset.ListAsync(fixture.Lake, Cancel));
        Assert.False(ImageDataset.IsDataset((await fixture.Dataset().Quarantine.SnapshotAsync(cancellationToken: Cancel)).Schema));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_image_is_read_from_its_file_or_from_the_table_and_never_another(bool keep)
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 5);
        await fixture.ImportAsync(new ImageDatasetOptions { KeepContent = keep });

        // Who looks does not know how the dataset was filled.
        var snapshot = await fixture.Dataset().SnapshotAsync(null, Cancel);
        Assert.All(snapshot.Images, i => Assert.Same(i, snapshot.Find(i.Sha256)));
        Assert.Null(snapshot.Find(new string('0', 64)));
        Assert.Null(snapshot.Find(new string('f', 64)));
        var image = snapshot.Images.Single(static i => i.Path == "pizza/3.jpg");
        Assert.Equal(Photos.Jpeg(3), await snapshot.ReadAsync(image, Cancel));
        Photos.Write(fixture.Images, "pizza/3.jpg", Photos.Jpeg(4));
        if (keep)
        {
            Assert.Equal(Photos.Jpeg(3), await snapshot.ReadAsync(image, Cancel));
        }
        else
        {
            Assert.Equal(ErrorKind.Corrupt, (await Assert.ThrowsAsync<TarnException>(() => snapshot.ReadAsync(image, Cancel))).Kind);
            File.Delete(Path.Combine(fixture.Images, "pizza/3.jpg"));
            Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => snapshot.ReadAsync(image, Cancel))).Kind);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_was_kept_out_is_read_as_long_as_it_is_the_one(bool keep)
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 3);
        var tiny = ImageCodec.EncodePng(Photos.Draw(9, 8, 8));
        Photos.Write(fixture.Images, "pizza/tiny.png", tiny);
        await fixture.ImportAsync(new ImageDatasetOptions { KeepContent = keep });
        var row = Assert.Single(await fixture.Dataset().QuarantinedAsync(Cancel));
        Assert.Equal(tiny, await fixture.Dataset().ReadQuarantinedAsync(row, Cancel));
        Photos.Write(fixture.Images, "pizza/tiny.png", Photos.Jpeg(1));
        Assert.Equal(keep ? tiny : null, await fixture.Dataset().ReadQuarantinedAsync(row, Cancel));
        Assert.Null(await fixture.Dataset().ReadQuarantinedAsync(row with { Sha256 = "" }, Cancel));
    }

    [Fact]
    public void A_thumbnail_fits_its_square_and_is_never_larger_than_its_image()
    {
        var photo = Photos.Jpeg(1, 200, 100);
        Assert.Equal((50, 25), SizeOf(ImageThumbnail.Make(photo, 50)));
        Assert.Equal((200, 100), SizeOf(ImageThumbnail.Make(photo, 1024)));
        Assert.Equal((1, 1), SizeOf(ImageThumbnail.Make(ImageCodec.EncodePng(Photos.Draw(2, 300, 1)), 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageThumbnail.Make(photo, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageThumbnail.Make(photo, 1025));
        Assert.Throws<TarnException>(() => ImageThumbnail.Make(photo, 50, ImageLimits.Default with { MaxPixels = 19_999 }));
        Assert.Throws<TarnException>(() => ImageThumbnail.Make("no picture"u8, 50));
    }

    private static (int Width, int Height) SizeOf(byte[] jpeg)
    {
        var info = ImageCodec.Identify(jpeg);
        Assert.Equal(ImageFormat.Jpeg, info.Format);
        return (info.Width, info.Height);
    }
}
