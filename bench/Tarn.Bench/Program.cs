using Tarn.Bench;

return await BenchRunner.RunAsync(args, Console.Out, Console.Error);
