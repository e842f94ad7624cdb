using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.S3.Tests;

/// <summary>The program that commits as a process of its own: one row at a time, telling of each that is committed.</summary>
internal static class Appender
{
    public const string Verb = "append-to-s3";

    /// <param name="arguments">The endpoint, the bucket, a folder for temporary files, the station, how many rows.</param>
    public static async Task RunAsync(string[] arguments)
    {
        var time = TimeProvider.System;
        var ids = IdSource.Create(time);
        using var store = new S3ObjectStore(new S3Location(arguments[1], "lake"), new S3StoreOptions { Endpoint = arguments[0], PathStyle = true }, time, ids, NullLoggerFactory.Instance);
        await using var lake = new Tarn.Lake.Lake(store, new LakeOptions { TemporaryFolder = arguments[2], CheckpointInterval = 20 }, time, ids, NullLoggerFactory.Instance);
        for (var number = 0; number < int.Parse(arguments[4], CultureInfo.InvariantCulture); number++)
        {
            await lake.Table("bronze.readings").AppendAsync<Reading>([new(arguments[3], number, "x")]);
            await Console.Out.WriteLineAsync($"done {number}");
        }
    }
}
