using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Models in a folder.</summary>
public sealed class FolderModelSourceTests : ModelSourceContract
{
    private readonly TemporaryDirectory _folder = new();
    private readonly Dictionary<string, long> _aliases = [];
    private FolderModelSource? _source;

    private protected override ModelSource Source => _source!;

    public override ValueTask InitializeAsync()
    {
        _source = new FolderModelSource(_folder.Path);
        return default;
    }

    public override ValueTask DisposeAsync()
    {
        _source!.Dispose();
        _folder.Dispose();
        return default;
    }

    [Fact]
    public void A_folder_that_is_not_there_is_said_so() =>
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => new FolderModelSource(_folder.Combine("none"))).Kind);

    [Fact]
    public async Task Numbers_with_zeros_before_them_are_versions_and_other_names_are_none()
    {
        foreach (var name in new[] { "0001", "1", "00", "-2", "1.5", "x", ".7", "12" })
        {
            Directory.CreateDirectory(_folder.Combine("pizza", name));
            await File.WriteAllBytesAsync(_folder.Combine("pizza", name, "model.onnx"), TestModels.HalfPlusTwo(), TestContext.Current.CancellationToken);
        }

        Directory.CreateDirectory(_folder.Combine("pizza", "13"));
        Assert.Equal([0L, 1, 12], (await ListAsync()).Single().Versions);
        Assert.NotNull((await Source.OpenAsync("pizza", 1, TestContext.Current.CancellationToken)).Path);
    }

    [Fact]
    public async Task Labels_lie_beside_the_model_a_line_each()
    {
        TestModels.Write(_folder.Path, "pizza", 1, TestModels.Dense(), "\uFEFFpizza\r\nnot pizza \n");
        var files = await Source.OpenAsync("pizza", 1, TestContext.Current.CancellationToken);
        Assert.Equal(["pizza", "not pizza"], ModelAttachments.Read("pizza", files).Labels);
    }

    [Fact]
    public async Task Settings_that_cannot_be_read_are_that_models_and_named()
    {
        TestModels.Write(_folder.Path, "pizza", 1, TestModels.HalfPlusTwo());
        TestModels.Write(_folder.Path, "other", 1, TestModels.HalfPlusTwo());
        foreach (var (file, text) in new[] { ("model.json", """{"threads": 0}"""), ("model.json", "{"), ("aliases.json", """{"a": "one"}""") })
        {
            var path = _folder.Combine("pizza", file);
            await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
            var models = await ListAsync();
            Assert.Equal([("other", null), ("pizza", ErrorKind.InvalidInput)], models.Select(static m => (m.Name, m.Error?.Kind)));
            Assert.Contains(path, models[1].Error!.Message, StringComparison.Ordinal);
            Assert.Equal([1L], models[1].Versions);
            File.Delete(path);
        }

        Assert.All(await ListAsync(), static m => Assert.Null(m.Error));
    }

    private protected override Task AddAsync(string model, long version, byte[] bytes, string? signature = null)
    {
        if (signature is not null)
        {
            Directory.CreateDirectory(_folder.Combine(model, $".{version}"));
            File.WriteAllText(_folder.Combine(model, $".{version}", "signature.json"), signature);
        }

        TestModels.Write(_folder.Path, model, version, bytes);
        return Task.CompletedTask;
    }

    private protected override Task AddWithoutModelAsync(string model, long version)
    {
        Directory.CreateDirectory(_folder.Combine(model, version.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return Task.CompletedTask;
    }

    private protected override Task SetAliasAsync(string model, string alias, long version)
    {
        _aliases[alias] = version;
        return File.WriteAllTextAsync(_folder.Combine(model, "aliases.json"), $"{{{string.Join(", ", _aliases.Select(static a => $"\"{a.Key}\": {a.Value}"))}}}", TestContext.Current.CancellationToken);
    }

    private protected override Task RemoveAsync(string model, long version)
    {
        Directory.Delete(_folder.Combine(model, version.ToString(System.Globalization.CultureInfo.InvariantCulture)), recursive: true);
        return Task.CompletedTask;
    }
}
