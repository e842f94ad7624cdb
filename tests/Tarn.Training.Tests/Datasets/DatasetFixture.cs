using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Training.Tests;

/// <summary>A lake and a folder of images, for one test.</summary>
internal sealed class DatasetFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new(inMemory: true);

    public DatasetFixture(int seed = 1)
    {
        Lake = new Tarn.Lake.Lake(
            new LocalObjectStore(_folder.Combine("lake"), new LocalStoreOptions { Durable = false }), new LakeOptions(), Time, IdSource.CreateSeeded(Time, seed), NullLoggerFactory.Instance);
        Directory.CreateDirectory(Images);
    }

    public ManualTimeProvider Time { get; } = new();

    public Tarn.Lake.Lake Lake { get; }

    /// <summary>Where images are put.</summary>
    public string Images => _folder.Combine("images");

    public static CancellationToken Cancel => Xunit.TestContext.Current.CancellationToken;

    public string Combine(string name) => _folder.Combine(name);

    public ImageDataset Dataset(ImageDatasetOptions? options = null) => new(Lake, "silver.photos", Time, options ?? new ImageDatasetOptions());

    public Task<DatasetImport> ImportAsync(ImageDatasetOptions? options = null) => Dataset(options).ImportAsync(ImageSource.Folder(Images), null, Cancel);

    /// <summary>Writes so many photos of a class, numbered by their seeds.</summary>
    public void Draw(string label, int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            Photos.Write(Images, $"{label}/{i}.jpg", Photos.Jpeg(i));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Lake.DisposeAsync();
        _folder.Dispose();
    }
}
