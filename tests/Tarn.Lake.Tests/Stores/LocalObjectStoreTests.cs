using System.Runtime.Versioning;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class LocalObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_temporary_file_left_by_a_killed_writer_stands_in_nobodys_way_and_is_found()
    {
        var store = Open();
        await File.WriteAllTextAsync(_folder.Combine(".x.json.0.tmp"), "torn", Cancel);
        Assert.True(await store.PutIfAbsentAsync("x.json", "whole"u8.ToArray(), Cancel));
        Assert.Equal("whole"u8.ToArray(), await store.GetAsync("x.json", Cancel));
        Assert.Equal(".x.json.0.tmp", Assert.Single(await store.ListUnfinishedAsync("", Cancel)).Path);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Permission_denied_says_what_to_do()
    {
        Assert.SkipWhen(Environment.UserName == "root", "Root may write everywhere.");
        File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var error = await Assert.ThrowsAsync<TarnException>(() => Open().PutAsync("x", default, Cancel).AsTask());
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("read and write access", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_says_what_to_do()
    {
        // Every write to this device fails with ENOSPC, as on a full disk.
        Assert.SkipUnless(File.Exists("/dev/full"), "This machine has no /dev/full.");
        var exception = Assert.Throws<IOException>(() => File.WriteAllBytes("/dev/full", new byte[10]));
        var error = StoreError.From(exception, "write", "/lake/full");
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("disk is full", error.Message, StringComparison.Ordinal);
        Assert.Contains("Free space", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_durability_the_promises_but_for_power_cuts_hold()
    {
        var store = new LocalObjectStore(_folder.Path, new LocalStoreOptions { Durable = false });
        Assert.True(await store.PutIfAbsentAsync("a/x", "1"u8.ToArray(), Cancel));
        Assert.False(await store.PutIfAbsentAsync("a/x", "2"u8.ToArray(), Cancel));
    }

    [Fact]
    public async Task Links_are_no_objects_and_lead_nowhere()
    {
        using var outside = new TemporaryDirectory();
        await File.WriteAllTextAsync(outside.Combine("secret"), "secret", Cancel);
        var store = Open();
        await store.PutAsync("a/x", "1"u8.ToArray(), Cancel);
        File.CreateSymbolicLink(_folder.Combine("a", "link"), outside.Combine("secret"));
        Directory.CreateSymbolicLink(_folder.Combine("out"), outside.Path);
        foreach (var path in new[] { "a/link", "out/secret" })
        {
            Assert.Equal(ErrorKind.Unsupported, (await Assert.ThrowsAsync<TarnException>(async () => await store.GetAsync(path, Cancel))).Kind);
            await Assert.ThrowsAsync<TarnException>(async () => await store.GetRangeAsync(path, 0, 1, Cancel));
            await Assert.ThrowsAsync<TarnException>(async () => await store.PutAsync(path, "2"u8.ToArray(), Cancel));
            await Assert.ThrowsAsync<TarnException>(async () => await store.DeleteAsync(path, Cancel));
        }

        await Assert.ThrowsAsync<TarnException>(async () => await store.PutIfAbsentAsync("out/new", "2"u8.ToArray(), Cancel));
        var listed = new List<string>();
        await foreach (var item in store.ListAsync("", null, Cancel))
        {
            listed.Add(item.Path);
        }

        Assert.Equal(["a/x"], listed);
        Assert.Equal("secret", await File.ReadAllTextAsync(outside.Combine("secret"), Cancel));
    }

    [Fact]
    public void The_location_is_a_uri() => Assert.Equal(new Uri(_folder.Path).AbsoluteUri, Open().Location);

    protected override ObjectStore Open() => new LocalObjectStore(_folder.Path);
}
