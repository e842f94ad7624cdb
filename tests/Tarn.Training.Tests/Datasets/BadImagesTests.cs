using System.Text.Json;
using Tarn.Native;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class BadImagesTests
{
    private static CancellationToken Cancel => DatasetFixture.Cancel;

    [Fact]
    public async Task Each_bad_file_is_named_with_its_reason_and_kept()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 6);
        var jpeg = Photos.Jpeg(40);
        var png = ImageCodec.EncodePng(Photos.Draw(41));
        Write("pizza/zero.jpg", []);
        Write("pizza/cut.jpg", jpeg[..(jpeg.Length / 2)]);
        Write("pizza/cut.png", png[..(png.Length / 2)]);
        Write("pizza/text.jpg", "<html><body>404</body></html>"u8.ToArray());
        Write("pizza/noise.png", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        Write("pizza/huge.jpg", WithSize(jpeg, 12_000, 9_000));
        Write("pizza/bomb.jpg", WithSegments(jpeg, 40));
        Write("pizza/dot.jpg", Photos.Jpeg(42, 20, 90));
        Write("loose.jpg", Photos.Jpeg(43));
        Write("pizza/.hidden.jpg", [1]);
        Write("pizza/Thumbs.db", [1]);

        var import = await fixture.ImportAsync(new ImageDatasetOptions { KeepContent = true });
        Assert.Equal(6, import.Added);
        Assert.Equal(15, import.Seen);
        Assert.Equal(
            [
                (ImageCheck.Unlabelled, "loose.jpg"), (ImageCheck.OversizedMetadata, "pizza/bomb.jpg"), (ImageCheck.Truncated, "pizza/cut.jpg"), (ImageCheck.Truncated, "pizza/cut.png"),
                (ImageCheck.Tiny, "pizza/dot.jpg"), (ImageCheck.OverLimit, "pizza/huge.jpg"), (ImageCheck.Unreadable, "pizza/noise.png"), (ImageCheck.Unreadable, "pizza/text.jpg"), (ImageCheck.Empty, "pizza/zero.jpg"),
            ],
            import.Refused.Select(static r => (r.Check, r.Subject)));
        Assert.All(import.Refused, static r => Assert.False(string.IsNullOrWhiteSpace(r.Reason)));
        Assert.Contains("a web page", import.Refused.Single(static r => r.Subject == "pizza/text.jpg").Reason, StringComparison.Ordinal);
        Assert.Contains("108000000", import.Refused.Single(static r => r.Subject == "pizza/huge.jpg").Reason, StringComparison.Ordinal);

        // The bytes are kept, and a second import adds nothing.
        await using (var rows = await fixture.Lake.Sql.QueryAsync("select path, content from silver.photos_quarantine order by path", null, Cancel))
        {
            var kept = (await rows.ToListAsync(Cancel)).ToDictionary(static r => (string)r[0]!, static r => (byte[]?)r[1]);
            Assert.Equal(9, kept.Count);
            Assert.Equal(jpeg[..(jpeg.Length / 2)], kept["pizza/cut.jpg"]);
        }

        await fixture.ImportAsync(new ImageDatasetOptions { KeepContent = true });
        Assert.Equal(9, (await fixture.Dataset().QuarantinedAsync(Cancel)).Count);

        void Write(string path, byte[] content) => Photos.Write(fixture.Images, path, content);
    }

    [Fact]
    public async Task What_can_be_used_is_kept_and_told_and_may_be_refused()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 4);
        Photos.Write(fixture.Images, "pizza/really.png", Photos.Jpeg(50));
        Photos.Write(fixture.Images, "pizza/film.png", Animated(ImageCodec.EncodePng(Photos.Draw(51))));
        Assert.Equal(6, (await fixture.ImportAsync()).Added);
        var report = await fixture.Dataset().ReportAsync(null, Cancel);
        Assert.Equal([(ImageCheck.WrongExtension, "pizza/really.png"), (ImageCheck.Animated, "pizza/film.png")], report.Findings.Select(static f => (f.Check, f.Subject)));

        await using var strict = new DatasetFixture();
        strict.Draw("pizza", 0, 4);
        Photos.Write(strict.Images, "pizza/really.png", Photos.Jpeg(50));
        Photos.Write(strict.Images, "pizza/film.png", Animated(ImageCodec.EncodePng(Photos.Draw(51))));
        var import = await strict.ImportAsync(new ImageDatasetOptions { RefuseAnimated = true, RefuseWrongExtension = true });
        Assert.Equal([ImageCheck.Animated, ImageCheck.WrongExtension], import.Refused.Select(static r => r.Check));
    }

    [Fact]
    public async Task A_dataset_is_checked_as_a_whole_and_shown_on_a_page()
    {
        await using var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, 30);
        fixture.Draw("tart", 100, 2);
        fixture.Draw("<b>pie</b>", 200, 1);
        Photos.Write(fixture.Images, "pizza/like-3.png", ImageCodec.EncodePng(Photos.Draw(3, 120, 90)));
        Photos.Write(fixture.Images, "tart/like-5.png", ImageCodec.EncodePng(Photos.Draw(5, 120, 90)));
        Photos.Write(fixture.Images, "pizza/broken.jpg", [0xFF, 0xD8, 0xFF]);
        await fixture.ImportAsync();
        var dataset = fixture.Dataset();
        await dataset.UseTestAsync(await dataset.SnapshotAsync(null, Cancel), "run-1", "evaluation", Cancel);
        var report = await dataset.ReportAsync(null, Cancel);
        Assert.Equal(
            [ImageCheck.Truncated, ImageCheck.NearDuplicate, ImageCheck.NearDuplicate, ImageCheck.ImbalancedClass, ImageCheck.ImbalancedClass, ImageCheck.SingleImageClass, ImageCheck.MissingFromSplit, ImageCheck.DoubtfulLabel],
            report.Findings.Select(static f => f.Check).Order());
        Assert.Equal((35, 1, 2), (report.Images, report.Quarantined, report.Groups));
        using var json = JsonDocument.Parse(report.ToJson());
        Assert.Equal("truncated", json.RootElement.GetProperty("findings")[0].GetProperty("check").GetString());

        var page = await DatasetPage.MakeAsync(dataset, report, Cancel);
        Assert.Contains("data:image/jpeg;base64,", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;pie&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>pie", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", page, StringComparison.Ordinal);
        Assert.Contains("run-1", page, StringComparison.Ordinal);
    }

    /// <summary>The same JPEG, telling another size.</summary>
    private static byte[] WithSize(byte[] jpeg, int width, int height)
    {
        var copy = (byte[])jpeg.Clone();
        var frame = copy.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0, 0x00, 0x11]);
        (copy[frame + 5], copy[frame + 6], copy[frame + 7], copy[frame + 8]) = ((byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width);
        return copy;
    }

    /// <summary>The same JPEG with so many EXIF segments of 64 KiB.</summary>
    private static byte[] WithSegments(byte[] jpeg, int count)
    {
        byte[] segment = [0xFF, 0xE1, 0xFF, 0xFF, .. "Exif\0\0"u8, .. new byte[0xFFFF - 8]];
        return [0xFF, 0xD8, .. Enumerable.Repeat(segment, count).SelectMany(static s => s), .. jpeg.AsSpan(2)];
    }

    /// <summary>The same PNG with an acTL chunk that says that it has two pictures.</summary>
    private static byte[] Animated(byte[] png)
    {
        byte[] body = [.. "acTL"u8, 0, 0, 0, 2, 0, 0, 0, 0];
        var crc = uint.MaxValue;
        foreach (var value in body)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        crc = ~crc;
        return [.. png[..33], 0, 0, 0, 8, .. body, (byte)(crc >> 24), (byte)(crc >> 16), (byte)(crc >> 8), (byte)crc, .. png[33..]];
    }
}
