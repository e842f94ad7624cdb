using System.Globalization;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

public sealed class DataDirectoryTests
{
    private static readonly LockHolder Holder = new(Environment.ProcessId, "tarn up", NotesProgram.Epoch);

    [Fact]
    public void A_directory_is_made_held_and_let_go()
    {
        using var folder = new TemporaryDirectory();
        var path = folder.Combine("deep", "data");
        using (var held = DataDirectory.Open(path, Holder))
        {
            Assert.Equal(path, held.Path);
            Assert.Equal(Holder, LockHolder.Read(path));
            var error = Assert.Throws<TarnException>(() => DataDirectory.Open(path, Holder));
            Assert.Equal(ErrorKind.Conflict, error.Kind);
            Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), error.Rule, StringComparison.Ordinal);
            Assert.Contains("`tarn up`", error.Rule, StringComparison.Ordinal);
        }

        Assert.Null(LockHolder.Read(path));
        DataDirectory.Open(path, Holder).Dispose();
    }

    [Fact]
    public void A_file_in_its_place_is_named()
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.Combine("data"), "");
        var error = Assert.Throws<TarnException>(() => DataDirectory.Open(folder.Combine("data"), Holder));
        Assert.Contains("this is a file", error.Rule, StringComparison.Ordinal);
        Assert.Contains("--data", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_cannot_be_made_is_named()
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.Combine("file"), "");
        var error = Assert.Throws<TarnException>(() => DataDirectory.Open(folder.Combine("file", "data"), Holder));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Equal(folder.Combine("file", "data"), error.Value);
    }

    [Fact]
    public void Server_json_is_written_whole_and_read_back()
    {
        using var folder = new TemporaryDirectory();
        Assert.Null(ServerFile.Read(folder.Path));
        var file = new ServerFile("http://127.0.0.1:1", Environment.ProcessId, NotesProgram.Epoch, "0.1.0", folder.Path);
        file.Write(folder.Path);
        Assert.Equal(file, ServerFile.Read(folder.Path));
        Assert.True(ServerFile.IsAlive(file.Pid));
        File.WriteAllText(folder.Combine(ServerFile.FileName), "{ torn");
        Assert.Null(ServerFile.Read(folder.Path));
    }
}
