> hi

  there
