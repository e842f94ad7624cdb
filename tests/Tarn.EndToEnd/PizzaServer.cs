using Tarn.Contracts;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>A server of Pizza with a model of a few drawn pictures, trained once for all tests of a class.</summary>
public sealed class PizzaServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private ChildProgram? _program;

    /// <summary>Where it listens.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1");

    /// <summary>The drawn pictures of a class that it was trained on.</summary>
    public IReadOnlyList<string> Pictures(string label) =>
        [.. Directory.GetFiles(_folder.Combine("data/pizza"), "*.jpg", SearchOption.AllDirectories).Where(f => Path.GetFileName(Path.GetDirectoryName(f)) == label).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var tarn = new TarnCommand(_folder.Combine("data"));
        (_program, Url) = await tarn.UpAsync("pizza", "--set", "Pizza:Drawn=60");
        await tarn.JsonAsync(0, "train", "pizza", "--param", "backbones=classical");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }

        _folder.Dispose();
    }
}
